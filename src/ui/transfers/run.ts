import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { sentenceOf } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import type { StepIo } from '../../core/operations/step';
import { RateMeter } from '../../core/transfer/rate';
import type { Connect } from '../../core/transfer/sync';
import type { TransferRecord } from '../../core/transfer/transfers';
import type { TransferProgress } from '../model/transferText';
import { progressOf } from '../model/transferText';
import type { Ui } from '../ui';

/** What a transfer has moved, once it is done. */
export interface Moved {
  readonly files: number;
  readonly bytes: number;
  /** Where it is now. */
  readonly path: string;
}

interface TransferIo extends StepIo {
  readonly connect: Connect;
  readonly onProgress: (progress: TransferProgress) => void;
}

export interface TransferSpec<T extends Moved> {
  readonly kind: TransferRecord['kind'];
  readonly machine: Machine;
  /** What is transferred, as a person names it. */
  readonly what: string;
  /** Where on the machine, as the person gave it. */
  readonly path: string;
  readonly title: string;
  readonly stepTitle: string;
  readonly pairId?: string;
  readonly source?: TransferRecord['source'];
  readonly run: (io: TransferIo) => Promise<T>;
}

/** Runs a transfer as an operation: in line behind others to the same machine, with its rate, and remembered in the history. */
export function startTransfer<T extends Moved>(ui: Ui, spec: TransferSpec<T>): { operation: Operation; result: Promise<T | undefined> } {
  const { access, operations, transfers } = ui.services;
  const { machine } = spec;
  const context: { result?: T } = {};
  const latest = { files: 0, bytes: 0 };
  const operation = operations.start({
    kind: spec.kind,
    title: spec.title,
    machineKey: machine.key,
    context,
    steps: [
      {
        name: 'transfer',
        title: spec.stepTitle,
        run: async (state, io) => {
          const give = await transfers.slots.take(machine.key, io.signal, (before) =>
            io.report(l10n.t('waiting for {0} other transfers to {1}', before, machine.name)),
          );
          try {
            const meter = new RateMeter();
            const onProgress = (progress: TransferProgress): void => {
              meter.add(Date.now(), progress.bytes);
              Object.assign(latest, { files: progress.files, bytes: progress.bytes });
              io.report(...progressOf(progress, meter, l10n));
            };
            state.result = await spec.run({ ...io, connect: (signal) => access.session(machine, signal), onProgress });
          } finally {
            give();
          }
        },
      },
    ],
  });
  const result = operation.outcome.then(async (outcome) => {
    const { view } = operation;
    const endedAt = view.endedAt ?? Date.now();
    await transfers.record({
      id: view.id,
      kind: spec.kind,
      what: spec.what,
      machineKey: machine.key,
      machineName: machine.name,
      path: spec.kind === 'download' ? spec.path : (context.result?.path ?? spec.path),
      endedAt,
      ms: endedAt - view.startedAt,
      files: context.result?.files ?? latest.files,
      bytes: context.result?.bytes ?? latest.bytes,
      outcome: outcome.kind,
      ...(outcome.kind === 'failed' && { error: sentenceOf(outcome.error) }),
      ...(spec.pairId !== undefined && { pairId: spec.pairId }),
      ...(spec.source !== undefined && { source: spec.source }),
    });
    return outcome.kind === 'done' ? context.result : undefined;
  });
  return { operation, result };
}
