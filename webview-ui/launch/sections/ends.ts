import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Expiry } from '../../../src/shared/launchMore';
import { choice, notes } from '../../lib/fields';
import { textCell, tick } from '../../lib/rows';
import { numberOf, numberText, pruned } from '../edits';
import { endsSaid, localTime } from '../said';
import type { FormState } from '../state';
import { section } from './section';

const USUAL_HOURS = 8;
const USUAL_IDLE_MINUTES = 60;

/** When the machine ends by itself, and what then happens to it. */
export function endsSection(form: FormState): TemplateResult {
  const { spec } = form;
  const { expiry } = spec;
  const when = expiry?.at !== undefined ? 'at' : expiry?.hours !== undefined ? 'hours' : 'never';
  const change = (next: { readonly [Field in keyof Expiry]?: Expiry[Field] | undefined }, touch = 'expiry'): void => {
    const { hours, at, idleMinutes } = next;
    const action = spec.spot === undefined ? (next.action ?? 'stop') : 'terminate';
    const ends = hours !== undefined || at !== undefined || idleMinutes !== undefined;
    form.change(
      {
        expiry: ends ? { ...pruned<Expiry>({ hours, at, idleMinutes, action }), action } : undefined,
        ...(ends && { onShutdown: undefined }),
      },
      { touch },
    );
  };
  const rest: Expiry = {
    action: expiry?.action ?? 'stop',
    ...(expiry?.idleMinutes !== undefined && { idleMinutes: expiry.idleMinutes }),
  };
  return section(form, {
    id: 'ends',
    title: 'Ends',
    said: endsSaid(spec),
    fields: ['expiry'],
    body: () => [
      html`<fieldset>
        <legend>By the clock</legend>
        ${choice('ends', when === 'never', 'Never', () => change(rest))}
        ${choice('ends', when === 'hours', 'Some hours after the launch', () => change({ ...rest, hours: USUAL_HOURS }))}
        ${
          when === 'hours'
            ? html`<div class="nested narrow">
                ${textCell({
                  id: 'expiry-hours',
                  label: 'Hours',
                  span: 12,
                  type: 'number',
                  min: 1,
                  value: numberText(expiry?.hours),
                  invalid: form.problem('expiry.hours') !== undefined,
                  onInput: (text) => change({ ...rest, hours: numberOf(text) }, 'expiry.hours'),
                })}
                ${notes('expiry-hours', undefined, form.problem('expiry.hours'))}
              </div>`
            : nothing
        }
        ${choice('ends', when === 'at', 'At a time', () => change({ ...rest, at: tomorrowEvening().toISOString() }))}
        ${
          when === 'at'
            ? html`<div class="nested narrow">
                ${textCell({
                  id: 'expiry-at',
                  label: 'Day and time, as on this computer',
                  span: 12,
                  type: 'datetime-local',
                  value: localTime(expiry?.at ?? ''),
                  invalid: form.problem('expiry.at') !== undefined,
                  onInput: (text) => change({ ...rest, at: isoOf(text) }, 'expiry.at'),
                })}
                ${notes('expiry-at', undefined, form.problem('expiry.at'))}
              </div>`
            : nothing
        }
      </fieldset>`,
      html`<fieldset>
        <legend>When idle</legend>
        ${tick('Ends when nobody is logged in and nothing is at work', expiry?.idleMinutes !== undefined, (on) =>
          change({ ...expiry, idleMinutes: on ? USUAL_IDLE_MINUTES : undefined }),
        )}
        ${
          expiry?.idleMinutes === undefined
            ? nothing
            : html`<div class="nested narrow">
                ${textCell({
                  id: 'expiry-idle',
                  label: 'For minutes',
                  span: 12,
                  type: 'number',
                  min: 1,
                  value: numberText(expiry.idleMinutes),
                  invalid: form.problem('expiry.idleMinutes') !== undefined,
                  onInput: (text) => change({ ...expiry, idleMinutes: numberOf(text) }, 'expiry.idleMinutes'),
                })}
                ${notes('expiry-idle', undefined, form.problem('expiry.idleMinutes'))}
              </div>`
        }
      </fieldset>`,
      expiry === undefined
        ? nothing
        : html`<fieldset>
            <legend>What then happens</legend>
            ${
              spec.spot !== undefined
                ? nothing
                : choice('endAction', expiry.action === 'stop', 'It stops: its disks stay and cost, and it can be started again', () =>
                    change({ ...expiry, action: 'stop' }),
                  )
            }
            ${choice('endAction', expiry.action === 'terminate', 'It is terminated: its disks are deleted, unless they are kept', () =>
              change({ ...expiry, action: 'terminate' }),
            )}
            ${spec.spot === undefined ? nothing : html`<p class="quiet">A spot machine cannot stop: it is terminated.</p>`}
            ${notes('expiry', undefined, form.problem('expiry') ?? form.problem('expiry.action'))}
          </fieldset>`,
    ],
  });
}

/** What the date control gives as ISO 8601; empty where it is not whole. */
function isoOf(local: string): string {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? 'not a time' : time.toISOString();
}

function tomorrowEvening(): Date {
  const time = new Date();
  time.setDate(time.getDate() + 1);
  time.setHours(18, 0, 0, 0);
  return time;
}
