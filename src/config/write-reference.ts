/** Writes what is generated from the configuration's schema. Run it after a change of `schema.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referenceFiles } from './reference.ts';

for (const [path, text] of Object.entries(referenceFiles())) {
  writeFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), text);
}
