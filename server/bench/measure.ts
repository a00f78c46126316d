/** What the benches share: child processes, free ports, wrk, medians. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const root = new URL('../../', import.meta.url).pathname
const execute = promisify(execFile)

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** A Node process of this project; its standard error is shown. */
export const node = (words: string[], env: Record<string, string>): ChildProcess =>
  spawn(process.execPath, words, { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })

/** Runs one to its end and returns what it printed. */
export const run = async (file: string, words: string[], env: Record<string, string>): Promise<string> =>
  (await execute(process.execPath, [file, ...words], { cwd: root, env: { PATH: process.env.PATH, ...env } })).stdout

/** Waits for a line on standard output. Rejects when the process ends before it. */
export const lineOf = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', line => pattern.test(line) && resolve(line))
    child.once('exit', code => reject(new Error(`ended with ${code} before it printed ${pattern}`)))
  })

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Requests per second that wrk (Debian package) measures; fails when answers were not 2xx. */
export const wrk = async (
  url: string,
  { script, seconds, connections }: { script: string; seconds: number; connections: number },
): Promise<number> => {
  const { stdout } = await execute('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url])
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)
  if (failed) throw new Error(`wrk: ${failed[0]}\n${stdout}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1])
}

/** CPU time a process and its living children have used so far, in microseconds, as Linux accounts it (10 ms steps). */
export const cpuOf = (pid: number): number => {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const [, parent, ...rest] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ')
      if (Number(name) === pid || Number(parent) === pid) ticks += Number(rest[9]) + Number(rest[10])
    } catch {} // ended meanwhile
  }
  return ticks * 10_000
}
