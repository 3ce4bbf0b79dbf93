import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { DiskType, ExtraDisk } from '../../../src/shared/launchMore';
import { selectField } from '../../lib/fields';
import { row, rowsField, selectCell, textCell, tick } from '../../lib/rows';
import { numberOf, numberText, pruned, replaced, without } from '../edits';
import { disksSaid } from '../said';
import type { FormState } from '../state';
import { section } from './section';

const TYPES: readonly { value: DiskType; label: string; small?: boolean }[] = [
  { value: 'gp3', label: 'gp3: general, the usual one' },
  { value: 'gp2', label: 'gp2: general, older' },
  { value: 'io2', label: 'io2: many small accesses' },
  { value: 'st1', label: 'st1: large files, magnetic' },
  { value: 'sc1', label: 'sc1: cold archive, magnetic' },
  { value: 'standard', label: 'standard: magnetic, old' },
];

/** A system does not start from these. */
const DATA_ONLY: readonly DiskType[] = ['st1', 'sc1'];

/** The root disk's kind and fate, and disks besides it. */
export function disksSection(form: FormState): TemplateResult {
  const { spec } = form;
  const list = spec.disks ?? [];
  return section(form, {
    id: 'disks',
    title: 'Disks',
    said: disksSaid(spec),
    fields: ['diskType', 'keepDisk', 'disks'],
    body: () => [
      selectField({
        id: 'diskType',
        label: 'Kind of the root disk',
        value: spec.diskType ?? 'gp3',
        problem: form.problem('diskType'),
        options: TYPES.filter(({ value }) => !DATA_ONLY.includes(value)),
        onInput: (value) => form.change({ diskType: value === 'gp3' ? undefined : (value as DiskType) }),
      }),
      html`<div class="ticks">
        ${tick('Keep the root disk when the machine is terminated', spec.keepDisk === true, (keep) =>
          form.change({ keepDisk: keep ? true : undefined }),
        )}
      </div>`,
      rowsField({
        id: 'disks',
        legend: 'Extra disks',
        boxed: true,
        rows: list.map((disk, i) => diskRow(form, list, disk, i)),
        add: 'Add disk',
        onAdd: () => {
          const fresh: ExtraDisk = { sizeGiB: 20, mountPoint: freeMountPoint(list) };
          form.change({ disks: [...list, fresh] }, { touch: '', focus: `disk-${list.length}-size` });
        },
      }),
    ],
  });
}

function freeMountPoint(disks: readonly ExtraDisk[]): string {
  const taken = new Set(disks.map((disk) => disk.mountPoint));
  for (let n = 1; ; n++) {
    const path = n === 1 ? '/data' : `/data${n}`;
    if (!taken.has(path)) return path;
  }
}

function diskRow(form: FormState, list: readonly ExtraDisk[], disk: ExtraDisk, i: number): TemplateResult {
  const key = `disks.${i}`;
  const update = (change: { readonly [Field in keyof ExtraDisk]?: ExtraDisk[Field] | undefined }, touch: keyof ExtraDisk): void => {
    const { sizeGiB, deleteOnTermination, encrypted, ...rest } = { ...disk, ...change };
    // These two are on unless told, so their no has to be kept.
    const noes = { ...(deleteOnTermination === false && { deleteOnTermination }), ...(encrypted === false && { encrypted }) };
    const next = { ...pruned<Omit<ExtraDisk, 'sizeGiB'>>(rest), sizeGiB: sizeGiB ?? Number.NaN, ...noes };
    form.change({ disks: replaced(list, i, next) }, { touch: `${key}.${touch}` });
  };
  const invalid = (part: keyof ExtraDisk): boolean => form.problem(`${key}.${part}`) !== undefined;
  const mounted = disk.mountPoint !== undefined;
  const ext4 = disk.filesystem !== 'xfs';
  return row({
    name: `disk ${i + 1}`,
    cells: [
      textCell({
        id: `disk-${i}-size`,
        label: 'Size (GiB)',
        span: 3,
        type: 'number',
        min: 1,
        value: numberText(disk.sizeGiB),
        invalid: invalid('sizeGiB'),
        onInput: (text) => update({ sizeGiB: numberOf(text) }, 'sizeGiB'),
      }),
      selectCell({
        id: `disk-${i}-type`,
        label: 'Kind',
        span: 9,
        value: disk.type ?? 'gp3',
        options: TYPES,
        invalid: invalid('type'),
        onInput: (type) => update({ type: type === 'gp3' ? undefined : (type as DiskType) }, 'type'),
      }),
      textCell({
        id: `disk-${i}-mount`,
        label: 'Mounted on',
        span: 6,
        value: disk.mountPoint ?? '',
        placeholder: 'empty: attached and left alone',
        invalid: invalid('mountPoint'),
        onInput: (mountPoint) =>
          update(
            mountPoint.trim() === ''
              ? { mountPoint: '', filesystem: undefined, inodes: undefined, dockerData: undefined }
              : { mountPoint: mountPoint.trim() },
            'mountPoint',
          ),
      }),
      mounted
        ? selectCell({
            id: `disk-${i}-filesystem`,
            label: 'Filesystem',
            span: 3,
            value: disk.filesystem ?? 'ext4',
            options: [
              { value: 'ext4', label: 'ext4' },
              { value: 'xfs', label: 'xfs' },
            ],
            onInput: (value) =>
              update(value === 'xfs' ? { filesystem: 'xfs', inodes: undefined } : { filesystem: undefined }, 'filesystem'),
          })
        : html``,
      mounted && ext4
        ? textCell({
            id: `disk-${i}-inodes`,
            label: 'Inodes',
            span: 3,
            type: 'number',
            min: 1,
            value: numberText(disk.inodes),
            placeholder: 'usual',
            invalid: invalid('inodes'),
            onInput: (text) => update({ inodes: text.trim() === '' ? undefined : Number(text) }, 'inodes'),
          })
        : html``,
    ],
    more: html`<div class="ticks">
      ${tick('Encrypted', disk.encrypted !== false, (on) => update({ encrypted: on ? undefined : false }, 'encrypted'))}
      ${tick('Deleted with the machine', disk.deleteOnTermination !== false, (on) => update({ deleteOnTermination: on ? undefined : false }, 'deleteOnTermination'))}
      ${mounted ? tick("Docker's data on it", disk.dockerData === true, (on) => update({ dockerData: on ? true : undefined }, 'dockerData')) : nothing}
    </div>`,
    problems: form.problemsOf(key),
    onRemove: () => form.change({ disks: without(list, i) }, { touch: '', focus: 'disks-add' }),
  });
}
