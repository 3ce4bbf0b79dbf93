import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { StackChoice, StackChoices } from '../../src/shared/deployModel';

/** A list with a name put in at its end or taken out. */
function toggled(names: readonly string[], name: string, on: boolean): string[] {
  const others = names.filter((other) => other !== name);
  return on ? [...others, name] : others;
}

/** Which Compose files are read together, and which profiles start. The last file cannot be taken away. */
export function stackChoices(choices: StackChoices | undefined, choose: (choice: StackChoice) => void): TemplateResult | typeof nothing {
  if (choices === undefined) return nothing;
  const { chosen, files, profiles } = choices;
  return html`<section aria-labelledby="choices">
    <h2 id="choices">Compose files</h2>
    ${
      files.length < 2
        ? nothing
        : html`<p class="quiet">Read together; a later one adds to those before it.</p>
            ${files.map((file) => {
              const on = chosen.files.includes(file);
              return box(file, on, on && chosen.files.length === 1, (checked) =>
                choose({ ...chosen, files: toggled(chosen.files, file, checked) }),
              );
            })}`
    }
    ${
      profiles.length === 0
        ? nothing
        : html`<p class="quiet">Profiles</p>
            ${profiles.map(({ name, services }) =>
              box(`${name}: ${services.join(', ')}`, chosen.profiles.includes(name) || chosen.profiles.includes('*'), false, (checked) =>
                choose({
                  ...chosen,
                  profiles: toggled(chosen.profiles.includes('*') ? profiles.map((one) => one.name) : chosen.profiles, name, checked),
                }),
              ),
            )}`
    }
  </section>`;
}

function box(label: string, on: boolean, fixed: boolean, change: (on: boolean) => void): TemplateResult {
  return html`<div>
    <vscode-checkbox
      label=${label}
      ?checked=${on}
      .checked=${on}
      ?disabled=${fixed}
      @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
    ></vscode-checkbox>
  </div>`;
}
