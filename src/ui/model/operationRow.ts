import { isRunning } from '../../core/operations/operations';
import type { OperationState, OperationView, StepState, StepView } from '../../shared/operation';
import type { L10n } from './l10n';
import type { Row } from './row';
import { durationText } from './time';

/** The step that is worth showing: the one that runs, or the one that failed. */
function currentStep(view: OperationView): StepView | undefined {
  return view.steps.find((step) => step.state === 'running') ?? view.steps.find((step) => step.state === 'failed');
}

/** What a step is doing, as a lower-case phrase: "waiting for SSH", "uploading: 51 %". A detail that is a sentence by itself needs no title. */
function stepText(step: StepView, l10n: L10n): string {
  const title = lowerFirst(step.title);
  const detail = step.detail ?? (step.fraction === undefined ? undefined : l10n.t('{0} %', Math.floor(step.fraction * 100)));
  if (detail !== undefined && /^[a-z]+ing\s/.test(detail)) return detail;
  return detail === undefined || detail === '' ? title : `${title}: ${detail}`;
}

/** What a running operation is doing now. */
export function progressText(view: OperationView, l10n: L10n): string {
  const step = currentStep(view);
  if (view.state === 'undoing') {
    return step === undefined || step.state === 'failed'
      ? l10n.t('undoing what was created')
      : l10n.t('undoing: {0}', stepText(step, l10n));
  }
  return step === undefined ? l10n.t('starting') : stepText(step, l10n);
}

const icons: Record<OperationState, Row['icon']> = {
  running: { id: 'sync~spin' },
  undoing: { id: 'discard' },
  done: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  cancelled: { id: 'circle-slash', color: 'disabledForeground' },
};

/** @param now milliseconds since the epoch */
export function operationRow(view: OperationView, now: number, l10n: L10n): Row {
  const took = durationText((view.endedAt ?? now) - view.startedAt, l10n);
  const description = describe(view, took, l10n);
  return {
    label: view.title,
    description,
    icon: icons[view.state],
    contextValue: `operation.${isRunning(view) ? 'running' : view.state}${view.leftovers.length > 0 && !isRunning(view) ? '.leftovers' : ''}`,
    aria: `${view.title}, ${description}`,
  };
}

function describe(view: OperationView, took: string, l10n: L10n): string {
  switch (view.state) {
    case 'running':
    case 'undoing':
      return progressText(view, l10n);
    case 'done':
      return l10n.t('done in {0}', took);
    case 'cancelled':
      return view.leftovers.length > 0 ? l10n.t('canceled; something was left behind') : l10n.t('canceled, nothing left behind');
    case 'failed':
      return view.error ?? l10n.t('failed');
  }
}

const stepIcons: Record<StepState, Row['icon']> = {
  waiting: { id: 'circle-outline', color: 'disabledForeground' },
  running: { id: 'sync~spin' },
  done: { id: 'check', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  cancelled: { id: 'circle-slash', color: 'disabledForeground' },
  skipped: { id: 'debug-step-over', color: 'disabledForeground' },
  undone: { id: 'discard', color: 'disabledForeground' },
};

/** @param now milliseconds since the epoch */
export function stepRow(step: StepView, now: number, l10n: L10n): Row {
  const states: Record<StepState, string> = {
    waiting: l10n.t('waiting'),
    running: l10n.t('running'),
    done: l10n.t('done'),
    failed: l10n.t('failed'),
    cancelled: l10n.t('canceled'),
    skipped: l10n.t('skipped, not needed'),
    undone: l10n.t('undone'),
  };
  const took = step.startedAt === undefined ? undefined : durationText((step.endedAt ?? now) - step.startedAt, l10n);
  const state = step.state === 'done' && took !== undefined ? took : states[step.state];
  // What an undone step said last was about undoing it.
  const detail = step.detail === '' || step.state === 'undone' ? undefined : step.detail;
  const description = detail === undefined ? state : `${state} · ${detail}`;
  return {
    label: step.title,
    description,
    icon: stepIcons[step.state],
    contextValue: 'step',
    aria: `${step.title}, ${states[step.state]}${detail === undefined ? '' : `, ${detail}`}`,
  };
}

/** Running operations first, newest first within each. */
export function activityOrder(a: OperationView, b: OperationView): number {
  return Number(isRunning(b)) - Number(isRunning(a)) || b.startedAt - a.startedAt;
}

/** "Waiting for SSH" -> "waiting for SSH", but "SSH entry" and "DNS" stay. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
