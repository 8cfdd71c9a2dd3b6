import { csharpSample } from './csharp.ts';
import { curlSample } from './curl.ts';
import { goSample } from './go.ts';
import { javaSample } from './java.ts';
import { nodeSample } from './node.ts';
import { pythonSample } from './python.ts';
import type { SampleCall } from './sample-call.ts';

export const LANGUAGES = [
  { id: 'curl', label: 'curl', write: curlSample },
  { id: 'node', label: 'Node', write: nodeSample },
  { id: 'python', label: 'Python', write: pythonSample },
  { id: 'java', label: 'Java', write: javaSample },
  { id: 'go', label: 'Go', write: goSample },
  { id: 'csharp', label: 'C#', write: csharpSample },
] as const satisfies readonly {
  id: string;
  label: string;
  write: (call: SampleCall) => string;
}[];

export type LanguageId = (typeof LANGUAGES)[number]['id'];
