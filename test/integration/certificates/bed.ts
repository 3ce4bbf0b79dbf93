import assert from 'node:assert/strict';
import { join } from 'node:path';
import { NodeTlsProbe } from '../../../src/adapters/net/tlsProbe';
import { systemClock } from '../../../src/core/clock';
import { Certificates } from '../../../src/core/certificates/certificates';
import type { GivenCertificate } from '../../../src/core/certificates/given';
import { checkGiven } from '../../../src/core/certificates/given';
import type { Target } from '../../../src/core/certificates/own';
import { targetsOf } from '../../../src/core/certificates/own';
import type { PracticeCloudOptions } from '../../practice-cloud/cloud';
import { OWNER, UpkeepBed } from '../upkeep/bed';
import type { IssuedPair } from './authority';
import { Authority } from './authority';

/** A practice machine that serves TLS, and an authority that issues certificates for it. */
export class CertificateBed {
  readonly certificates: Certificates;
  readonly authority: Authority;

  private constructor(readonly upkeep: UpkeepBed) {
    const { bed } = upkeep;
    this.certificates = new Certificates({
      access: bed.access,
      stacks: bed.stacks(OWNER),
      probe: new NodeTlsProbe(),
      clock: systemClock,
      owner: OWNER,
    });
    this.authority = new Authority(join(bed.scratch, 'ca'));
  }

  /** @param port open to the world */
  static async start(name: string, port: number, options: PracticeCloudOptions = {}): Promise<CertificateBed> {
    const made = new CertificateBed(await UpkeepBed.start(name, options));
    await made.upkeep.bed.lab.open(port);
    return made;
  }

  /** As the person gives it: with the one in between, in an order of no use. */
  given({ certificate, key }: IssuedPair, host: string): GivenCertificate {
    return checkGiven({ certificates: this.authority.between + certificate, key }, [host], Date.now());
  }

  readonly look = () => this.certificates.look(this.upkeep.bed.machine);

  /** Where a certificate for the name can be put. */
  async target(host: string): Promise<Target> {
    const one = targetsOf((await this.look()).facts).find((target) => target.host === host);
    assert.ok(one);
    return one;
  }

  /** The fingerprint of what a client is shown. */
  async shown(host: string): Promise<string | undefined> {
    return (await this.look()).shown.find(({ name }) => name === host)?.certificate.fingerprint;
  }
}
