import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { renderApiDocument } from './render.ts';

// `npm run openapi`: the committed document, which a test compares with the code.
await writeFile(new URL('../../openapi.json', import.meta.url), await renderApiDocument());
