/** What stops a start is said in one sentence that names the key, without a stack. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../harness.ts'

describe('a start that cannot be', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp({ roles: [] })
  })
  after(() => t.close())

  const start = (env: Record<string, string>, words = ['serve']): Promise<{ code: number | null; said: string }> =>
    new Promise(done => {
      const child = spawn(process.execPath, ['server/src/main.ts', ...words], {
        cwd: new URL('../../../', import.meta.url),
        env: {
          PATH: process.env.PATH,
          DATA_DIR: t.dataDir,
          HOST: '127.0.0.1',
          LOG_LEVEL: 'error',
          PORT: '0',
          SMTP_PORT: '0',
          ...env,
        },
      })
      let said = ''
      child.stderr.on('data', part => (said += part))
      child.on('close', code => done({ code, said }))
    })

  it('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise(open => taken.once('listening', open))
    const { port } = taken.address() as { port: number }
    for (const key of ['PORT', 'SMTP_PORT']) {
      const { code, said } = await start({ DATABASE_URL: t.databaseUrl, [key]: String(port) })
      assert.deepEqual(
        [code, said],
        [1, `${key}: port ${port} is taken by another program. Give another one, for example ${key}=${port + 1}.\n`],
      )
    }
    taken.close()
  })

  it('a database that is not there', async () => {
    for (const words of [['serve'], ['org', 'list']]) {
      const { code, said } = await start({ DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' }, words)
      assert.equal(code, 1)
      assert.match(said, /^DATABASE_URL: the database cannot be reached: .*\n$/)
      assert.doesNotMatch(said, /secret/)
    }
  })
})
