import { HttpSiteProbe } from './adapters/http/siteProbe';
import { TcpProbe } from './adapters/net/portProbe';
import { NodeTlsProbe } from './adapters/net/tlsProbe';
import { Certificates } from './core/certificates/certificates';
import { Checklists } from './core/checklists/checklists';
import { systemClock } from './core/clock';
import type { Stacks } from './core/deploy/stacks/stacks';
import type { MachineAccess } from './core/ssh/access';

/** Part of the composition root, loaded when the first of these is needed. */
interface Needs {
  readonly access: MachineAccess;
  readonly stacks: Stacks;
  /** Who acts from where: `ada@laptop`. */
  readonly owner: string;
}

export function makeCertificates(needs: Needs): Certificates {
  return new Certificates({ ...needs, probe: new NodeTlsProbe(), clock: systemClock });
}

export function makeChecklists(needs: Needs & { readonly certificates: Certificates }): Checklists {
  return new Checklists({ ...needs, site: new HttpSiteProbe(), knock: new TcpProbe(3_000), clock: systemClock });
}
