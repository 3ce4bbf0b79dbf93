/** Images that belong together, as lines for a hub's menu. */
export interface ImageList {
  readonly title: string;
  readonly detail: string;
  /** `label = image` */
  readonly lines: readonly string[];
  /** Where they keep a person's work, when it is not where those of Jupyter do. */
  readonly folder?: string;
}

const line = (label: string, image: string): string => `${label} = ${image}`;
const jupyter = (label: string, name: string): string => line(label, `quay.io/jupyter/${name}-notebook:latest`);
const cyberhubs = (label: string, name: string): string => line(label, `cyberhubs/${name}`);

/** Those of Jupyter's docker-stacks, and of the astrohubs (github.com/cyberlaboratories/astrohubs) with the versions that its files name. */
export const IMAGE_LISTS: readonly ImageList[] = [
  {
    title: 'Jupyter',
    detail: 'Built anew every week: Python, science, R, Julia, TensorFlow, PyTorch, Spark',
    lines: [
      jupyter('Python', 'minimal'),
      jupyter('Python for science', 'scipy'),
      jupyter('R', 'r'),
      jupyter('Julia', 'julia'),
      jupyter('Python, R and Julia', 'datascience'),
      jupyter('TensorFlow', 'tensorflow'),
      jupyter('PyTorch', 'pytorch'),
      jupyter('Spark', 'pyspark'),
    ],
  },
  {
    title: 'Astrohubs (Cyberhubs)',
    detail: 'For astrophysics, from 2020 to 2022: MESA, PPMstar, machine learning',
    lines: [
      cyberhubs('Core', 'corehub:1.2.4'),
      cyberhubs('Basic', 'basichub:1.2.6'),
      cyberhubs('MESA', 'mesahub'),
      cyberhubs('PPMstar', 'ppmstarhub'),
      cyberhubs('D-star', 'dstarhub'),
      cyberhubs('Machine learning', 'mlhub'),
      cyberhubs('WENDI', 'wendihub'),
    ],
    folder: '/home/user',
  },
];
