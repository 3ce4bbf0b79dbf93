import type { ComposeService } from '../compose/service';
import { isTrue, leaf, rows } from '../compose/tree';
import type { Lab } from '../lab';
import type { Draft } from './draft';
import { listed } from './draft';

const SOCKET = /(^|\/)docker\.sock$/;
/** Capabilities that lead out of a container. https://man7.org/linux/man-pages/man7/capabilities.7.html */
const STRONG = /^(CAP_)?(ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|SYS_RAWIO|DAC_READ_SEARCH)$/i;

function powersOf(service: ComposeService): string[] {
  const { tree } = service;
  const caps = rows(tree, 'cap_add').flatMap((item) => (item.kind === 'leaf' && STRONG.test(item.text) ? [item.text] : []));
  const system = service.volumes.find(
    (volume) => volume.type === 'bind' && /^\/(etc|root|boot|usr|lib)?$/.test(volume.source ?? '') && !volume.readOnly,
  );
  return [
    ...(service.volumes.some((volume) => SOCKET.test(volume.source ?? '')) ? ['Docker’s socket'] : []),
    ...(isTrue(leaf(tree, 'privileged')) ? ['privileged mode'] : []),
    ...caps.map((cap) => `the capability ${cap}`),
    ...(leaf(tree, 'pid')?.text === 'host' ? ['the machine’s processes'] : []),
    ...(system ? [`${system.source ?? ''} of the machine, to write`] : []),
  ];
}

/** Services that could take the whole machine over, and those that listen on it directly. */
export function rightsFindings(lab: Lab): Draft[] {
  return lab.compose.services.flatMap((service): Draft[] => {
    const powers = powersOf(service);
    const found: Draft[] = [];
    if (powers.length > 0) {
      found.push({
        id: `rights:${service.name}`,
        severity: 'warning',
        message: `${service.name} gets ${listed(powers)}: whoever breaks into it has the machine.`,
        at: service.at,
      });
    }
    if (service.networkMode?.value === 'host') {
      found.push({
        id: `host-network:${service.name}`,
        severity: 'info',
        message: `${service.name} uses the machine’s own network: every port that it opens is the machine’s.`,
        at: service.networkMode,
      });
    }
    return found;
  });
}
