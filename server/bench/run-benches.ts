/** `npm run bench -- NAME`: runs one bench, or lists them. Each prints both sides of its ratio. */
import { readdir } from 'node:fs/promises'

const parts = ['run-benches.ts', 'measure.ts', 'bare-insert.ts']
const name = process.argv[2]
const names = (await readdir(import.meta.dirname))
  .filter(file => file.endsWith('.ts') && !parts.includes(file))
  .map(file => file.replace(/\.ts$/, ''))
if (!name || !names.includes(name)) {
  console.log(`Usage: npm run bench -- NAME\n${names.map(known => `  ${known}`).join('\n')}`)
  process.exit(name ? 2 : 0)
}
await import(`./${name}.ts`)
