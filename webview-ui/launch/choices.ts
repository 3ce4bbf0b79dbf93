import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import { choice, notes, remark, selectField, textField } from '../lib/fields';
import { imageOf, warnings } from './model';
import type { FormState } from './state';

type NewGroup = Extract<LaunchSpec['securityGroup'], { kind: 'new' }>;

const OPEN_GROUP: NewGroup = { kind: 'new', name: '', ssh: true, http: true, https: true };

/** Another group takes the rules and further groups along. */
function changeGroup(form: FormState, group: LaunchSpec['securityGroup']): void {
  const { rules, more } = form.spec.securityGroup;
  const others = more?.filter((id) => group.kind === 'new' || id !== group.id) ?? [];
  form.change(
    { securityGroup: { ...group, ...(rules !== undefined && { rules }), ...(others.length > 0 && { more: others }) } },
    { touch: '' },
  );
}

/** Whom the image lets in: a guess unless the cloud's own images tell. */
export function loginField(form: FormState): TemplateResult {
  const { data, spec } = form;
  return textField({
    id: 'loginUser',
    label: 'Login user',
    value: spec.loginUser ?? '',
    placeholder: imageOf(data, spec)?.loginUser ?? 'root',
    help: 'Whom the image lets in with the key.',
    problem: form.problem('loginUser'),
    onInput: (text) => form.change({ loginUser: text.trim() === '' ? undefined : text.trim() }, { touch: 'loginUser' }),
  });
}

/** New, existing or imported key pair. */
export function keyFields(form: FormState): TemplateResult {
  const { data, spec } = form;
  const { keyPair } = spec;
  const first = data.keyPairs.find((pair) => pair.here) ?? data.keyPairs[0];
  return html`<fieldset>
    <legend>Key pair</legend>
    ${choice(
      'key',
      keyPair.kind === 'new',
      data.capabilities.importKeyPair
        ? 'A new ed25519 key; its private half stays on this computer'
        : 'A new key, made by the cloud and kept on this computer',
      () => form.change({ keyPair: { kind: 'new', name: '' } }),
    )}
    ${
      first === undefined
        ? nothing
        : choice('key', keyPair.kind === 'existing', 'A key pair of this account', () =>
            form.change({ keyPair: { kind: 'existing', name: first.name } }),
          )
    }
    ${
      keyPair.kind === 'existing'
        ? html`<div class="nested">
            ${selectField({
              id: 'keyPair-name',
              label: 'Key pair of this account',
              hideLabel: true,
              value: keyPair.name,
              problem: form.problem('keyPair.name'),
              options: data.keyPairs.map(({ name, here }) => ({ value: name, label: here ? name : `${name} (private key not here)` })),
              onInput: (name) => form.change({ keyPair: { kind: 'existing', name } }),
            })}
            ${remark(warnings(data, spec).key)}
          </div>`
        : nothing
    }
    ${
      data.capabilities.importKeyPair
        ? choice('key', keyPair.kind === 'import', 'A public key from this computer', () =>
            form.change({ keyPair: { kind: 'import', name: '', publicKeyFile: data.publicKeys[0]?.path ?? '' } }),
          )
        : nothing
    }
    ${
      keyPair.kind === 'import'
        ? html`<div class="nested">
            ${
              data.publicKeys.length === 0
                ? html`<p class="quiet">There is no public key in ~/.ssh.</p>
                    ${notes('publicKeyFile', undefined, form.problem('keyPair.publicKeyFile'))}`
                : selectField({
                    id: 'publicKeyFile',
                    label: 'Public key',
                    hideLabel: true,
                    value: keyPair.publicKeyFile,
                    problem: form.problem('keyPair.publicKeyFile'),
                    options: data.publicKeys.map(({ path, comment }) => ({
                      value: path,
                      label: comment === '' ? path : `${path} (${comment})`,
                    })),
                    onInput: (publicKeyFile) => form.change({ keyPair: { ...keyPair, publicKeyFile } }),
                  })
            }
            <vscode-button secondary @click=${() => form.browseKey()}>Choose another file</vscode-button>
          </div>`
        : nothing
    }
    ${keyPair.kind === 'new' ? notes('keyPair', undefined, form.problem('keyPair.name')) : nothing}
  </fieldset>`;
}

/** A new group with three tick boxes, or one that exists. */
export function accessFields(form: FormState): TemplateResult {
  const { data, spec } = form;
  const group = spec.securityGroup;
  const [first] = data.securityGroups;
  return html`<fieldset>
    <legend>Access</legend>
    ${choice('access', group.kind === 'new', 'A new security group that lets in', () => changeGroup(form, OPEN_GROUP))}
    ${group.kind === 'new' ? newGroup(form, group) : nothing}
    ${
      first === undefined
        ? nothing
        : choice('access', group.kind === 'existing', 'A security group of this account', () =>
            changeGroup(form, { kind: 'existing', id: first.id }),
          )
    }
    ${
      group.kind === 'existing'
        ? html`<div class="nested">
            ${selectField({
              id: 'securityGroup-id',
              label: 'Security group of this account',
              hideLabel: true,
              value: group.id,
              help: data.securityGroups.find(({ id }) => id === group.id)?.opens,
              problem: form.problem('securityGroup.id'),
              options: data.securityGroups.map(({ id, name, description }) => ({
                value: id,
                label: description === '' || description === name ? name : `${name}: ${description}`,
              })),
              onInput: (id) => changeGroup(form, { kind: 'existing', id }),
            })}
          </div>`
        : nothing
    }
  </fieldset>`;
}

function newGroup(form: FormState, group: NewGroup): TemplateResult {
  const { data, spec } = form;
  const from = data.myAddresses.length === 0 ? 'my address' : `my address, ${data.myAddresses.join(' and ')}`;
  const tick = (part: 'ssh' | 'http' | 'https', label: string) =>
    html`<vscode-checkbox
      label=${label}
      ?checked=${group[part]}
      .checked=${group[part]}
      @change=${(event: Event) => form.change({ securityGroup: { ...group, [part]: (event.target as HTMLInputElement).checked } })}
    ></vscode-checkbox>`;
  return html`<div class="nested">
    <div class="ticks">
      ${tick('ssh', `SSH from ${from}`)} ${tick('http', 'HTTP from anywhere')} ${tick('https', 'HTTPS from anywhere')}
    </div>
    ${remark(warnings(data, spec).access)} ${notes('securityGroup', undefined, form.problem('securityGroup.name'))}
  </div>`;
}
