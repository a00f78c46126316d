import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { readWords } from './commands.ts'

const root = join(import.meta.dirname, '../../..')
const launcher = join(root, 'server/bin/pennypost.js')

describe('the command line', () => {
  it('reads words, values, flags and negative numbers', () => {
    const { named, rest } = readWords(
      ['add', '-5000', '--org', 'org_1', '--reference=a b', '--json'],
      ['org', 'reference', 'json'],
    )
    assert.deepEqual(rest, ['add', '-5000'])
    assert.deepEqual({ ...named }, { org: 'org_1', reference: 'a b', json: true })
  })

  it('refuses an option it does not have, and one without its value', () => {
    assert.throws(() => readWords(['list', '--ogr', 'x'], ['org', 'json']), /--ogr.*Its options are --org, --json\./)
    assert.throws(() => readWords(['--org'], ['org']), /--org/)
    assert.throws(() => readWords(['--force'], []), /It has no options\./)
  })

  it('starts with the Node at hand and runs on the one that is pinned', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, 'routes'])
    assert.match(stdout, /^POST +\/v1\/register/m)
    const refused = await promisify(execFile)(process.execPath, [launcher, 'routes', '--wrong']).catch(error => error)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /--wrong/)
    // npx finds it through the lock: without the entry there, npm ci makes no link.
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
    assert.deepEqual(lock.packages.server.bin, { pennypost: 'bin/pennypost.js' })
    // What an old Node must be able to read.
    assert.doesNotMatch(await readFile(launcher, 'utf8'), /import\.meta\.(dirname|filename|resolve)|: \w+ =/)
  })

  it('is what the documents name; nobody is told to install our packages from the registry', async () => {
    const names = await readdir(root, { recursive: true })
    const pages = names.filter(name => name.endsWith('.md') && !name.includes('node_modules'))
    assert.ok(pages.length > 20)
    for (const page of pages) {
      const text = await readFile(join(root, page), 'utf8')
      assert.doesNotMatch(
        text,
        /npm (install|i|add) (-\S+ )*pennypost(-mcp)?\b(?!-\d)|npx (-y )?pennypost-mcp|node server\/src\/main\.ts/,
        page,
      )
    }
  })
})
