#!/usr/bin/env node
/**
 * `npx pennypost …`: the command line (src/main.ts) on the Node that is pinned in package.json, whichever Node started this file. Works on
 * Node 18 and later; nothing else here may be newer.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const pinned = join(dirname(require.resolve('node/package.json')), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
// A Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {})
child.on('error', error => {
  console.error(`Node cannot be started from ${pinned}: ${error.message}. Run npm ci first.`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code === null ? (signal === 'SIGINT' ? 130 : 1) : code
})
