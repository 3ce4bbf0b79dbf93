import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import { parseFrontEnd } from '../../../../src/core/openNebula/facts';
import { parseXml, textAt } from '../../../../src/core/openNebula/xml';

const packed = (name: string, xml: string): string => `${name} ${Buffer.from(xml).toString('base64')}\n`;

/** As `onetemplate list a --xml` of OpenNebula 4.12 prints it. */
const TEMPLATES = `<VMTEMPLATE_POOL>
  <VMTEMPLATE>
    <ID>4</ID>
    <UID>0</UID>
    <GID>100</GID>
    <GNAME>ec2</GNAME>
    <NAME>m1.small</NAME>
    <PERMISSIONS>
      <OWNER_U>1</OWNER_U><OWNER_M>1</OWNER_M><OWNER_A>0</OWNER_A>
      <GROUP_U>1</GROUP_U><GROUP_M>0</GROUP_M><GROUP_A>0</GROUP_A>
      <OTHER_U>0</OTHER_U><OTHER_M>0</OTHER_M><OTHER_A>0</OTHER_A>
    </PERMISSIONS>
    <TEMPLATE>
      <CPU><![CDATA[0.5]]></CPU>
      <EC2_INSTANCE_TYPE><![CDATA[m1.small]]></EC2_INSTANCE_TYPE>
      <MEMORY><![CDATA[512]]></MEMORY>
      <NIC><NETWORK_ID><![CDATA[12]]></NETWORK_ID></NIC>
      <DISK><IMAGE><![CDATA[a <b> & "c"]]></IMAGE></DISK>
    </TEMPLATE>
  </VMTEMPLATE>
</VMTEMPLATE_POOL>`;

describe('what an OpenNebula says of itself', () => {
  it('is read from its lists, without the passwords', () => {
    const users = `<USER_POOL><USER><ID>2</ID><GNAME>ec2</GNAME><NAME>ada</NAME><PASSWORD>c861cb16</PASSWORD><AUTH_DRIVER>core</AUTH_DRIVER></USER><QUOTAS><ID>2</ID></QUOTAS></USER_POOL>`;
    const rules = `<ACL_POOL><ACL><ID>7</ID><STRING>@100 HOST/#1 MANAGE #0</STRING></ACL></ACL_POOL>`;
    const text = [packed('oneuser', users), packed('onetemplate', TEMPLATES), packed('oneacl', rules), 'machines 3 2\n', 'running\n'];
    const facts = parseFrontEnd(text.join(''));
    assert.deepEqual(facts.users, [{ id: 2, name: 'ada', group: 'ec2', driver: 'core', machines: 3 }]);
    assert.deepEqual(facts.rules, [{ id: 7, rule: '@100 HOST/#1 MANAGE' }]);
    const [template] = facts.templates;
    assert.deepEqual(
      [template?.type, template?.cpu, template?.memory, template?.mode, template?.networks, template?.bringsDisk],
      ['m1.small', '0.5', '512', '640', ['12'], true],
    );
    assert.deepEqual([facts.econe.running, facts.econe.service, facts.networks], [true, 'none', []]);
  });

  it('may be that there is none, or that it is silent', () => {
    const code = (wanted: string) => (error: unknown) => error instanceof SkylabError && error.code === wanted;
    assert.throws(() => parseFrontEnd('none\n'), code('NoFrontEnd'));
    const silent = packed('failed', 'Failed to open TCP connection to localhost:2633');
    assert.throws(
      () => parseFrontEnd(silent),
      (error: unknown) => code('OnedSilent')(error) && /localhost:2633/.test(String(error)),
    );
    assert.throws(() => parseFrontEnd(packed('oneuser', '<USER_POOL><USER>')), code('OnedSilent'));
  });
});

describe('XML as OpenNebula prints it', () => {
  it('is read with its text, CDATA and entities', () => {
    const root = parseXml(
      `<?xml version="1.0"?><!-- <c> --><A x="1"><B>1 &lt; 2 &amp; 3 &#233;&#xe9;</B><C/><D><![CDATA[<E>&amp;]]></D></A>`,
    );
    assert.deepEqual([textAt(root, 'B'), textAt(root, 'C'), textAt(root, 'D'), textAt(root, 'E')], ['1 < 2 & 3 éé', '', '<E>&amp;', '']);
  });

  it('is no XML where it was cut, or is something else', () => {
    for (const text of ['', 'no', '<A>', '<A></B>', '<A></A><B></B>', '<A><B></A>', '</A>', '<A>x', '<A']) {
      assert.throws(() => parseXml(text), Error, text);
    }
  });
});
