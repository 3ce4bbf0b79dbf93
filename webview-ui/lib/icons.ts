import type { TemplateResult } from 'lit';
import { svg, html } from 'lit';

const icon = (name: string, body: TemplateResult): TemplateResult =>
  html`<svg class="icon ${name}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">${body}</svg>`;

const stroke = (d: string): TemplateResult =>
  svg`<path d=${d} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />`;

/** Drawn here, so that no icon font is needed. All take the color of their text unless a class says otherwise. */
export const icons = {
  error: icon(
    'error',
    svg`<circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.4" />${stroke('M8 4.8v3.8M8 11v.1')}`,
  ),
  warning: icon('warning', svg`${stroke('M8 2.2 14.3 13.3H1.7Z')}${stroke('M8 6.4v3M8 11.3v.1')}`),
  info: icon(
    'info',
    svg`<circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.4" />${stroke('M8 7.4v3.8M8 4.9V5')}`,
  ),
  done: icon(
    'done',
    svg`<circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.4" />${stroke('M5.2 8.2 7.2 10.2 10.9 6.1')}`,
  ),
  waiting: icon(
    'waiting',
    svg`<circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2 2" />`,
  ),
  running: icon(
    'running',
    svg`<path d="M8 1.7A6.3 6.3 0 1 1 1.7 8" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />`,
  ),
  skipped: icon('skipped', svg`<circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" stroke-width="1.4" />${stroke('M5.5 8h5')}`),
  undone: icon('undone', stroke('M6 3 3 6l3 3M3.4 6H10a3.2 3.2 0 0 1 0 6.6H7')),
  chevronRight: icon('chevron', stroke('M6.2 4 10.2 8 6.2 12')),
  close: icon('close', stroke('M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5')),
  add: icon('add', stroke('M8 3.5v9M3.5 8h9')),
  chevronDown: icon('chevron', stroke('M4 6.2 8 10.2 12 6.2')),
  eye: icon(
    'eye',
    svg`${stroke('M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Z')}<circle cx="8" cy="8" r="2" fill="currentColor" />`,
  ),
  eyeClosed: icon('eye', svg`${stroke('M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Z')}${stroke('M3 13 13 3')}`),
  lock: icon('lock', svg`${stroke('M4 7.2h8v6H4Z')}${stroke('M5.6 7V5a2.4 2.4 0 0 1 4.8 0v2')}`),
};
