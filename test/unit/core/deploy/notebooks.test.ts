import assert from 'node:assert/strict';
import { notebooksOf } from '../../../../src/core/deploy/notebooks';
import { readLab } from '../../../../src/core/deploy/lab';
import { folderOf } from './support';

const compose = (image: string, mount: string) => `services:\n  lab:\n    image: ${image}\n    volumes:\n      - ${mount}\n`;
const links = (files: Record<string, string>) => notebooksOf(readLab(folderOf(files)), 'https://ada.example.org').map(({ url }) => url);

describe('links to the notebooks of a lab', () => {
  it('lead to the notebook where JupyterLab shows it', () => {
    const files = { 'compose.yml': compose('jupyter/base-notebook', '/home/cicf/data:/home/jovyan/work'), 'plot data.ipynb': '{}' };
    assert.deepEqual(links(files), ['https://ada.example.org/lab/tree/work/plot%20data.ipynb']);
  });

  it('follow a folder that is mounted alone', () => {
    const files = {
      'compose.yml': compose('jupyter/base-notebook', './notebooks:/home/jovyan/work'),
      'notebooks/one.ipynb': '{}',
      'other.ipynb': '{}',
    };
    assert.deepEqual(links(files), ['https://ada.example.org/lab/tree/work/one.ipynb']);
  });

  it('are left out for volumes and for other images', () => {
    assert.deepEqual(links({ 'compose.yml': compose('jupyter/base-notebook', 'work:/home/jovyan/work'), 'a.ipynb': '{}' }), []);
    assert.deepEqual(links({ 'compose.yml': compose('nginx', './:/home/jovyan/work'), 'a.ipynb': '{}' }), []);
  });
});
