/** Running programs in tests: what they print, how they end; whether this machine has them. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export const root = new URL('../../', import.meta.url).pathname

/** The environment without what npm adds for the script that runs the tests. */
export const plainEnv = (more: Record<string, string> = {}): Record<string, string> => ({
  ...(Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST|NODE_OPTIONS)/.test(name))) as Record<
    string,
    string
  >),
  ...more,
})

export interface Ended {
  code: number | null
  out: string
  /** Both, for messages of failed tests. */
  all: string
}

/** Runs a program to its end, 100 seconds at most: npm may have to fetch. */
export const run = async (
  command: string,
  args: string[],
  { env = {}, cwd = root, input = '' }: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<Ended> => {
  const child = spawn(command, args, { cwd, env: plainEnv(env), timeout: 100_000 })
  child.stdin.end(input)
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, out, all: `${out}\n${errors}` }
}

/** The README asks for Node and npm alone, so a machine may lack the others. */
export const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
