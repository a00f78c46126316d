/** Heartbeat, lock and fencing over real sessions, some of them through a proxy that a test can block. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { cloneDatabase, eventually } from '../../../test/harness.ts'
import { connect, type Database, isTransient } from '../database/db.ts'
import { createLog } from '../log.ts'
import { type Instance, joinInstances, type Suspect } from './instance.ts'

const log = createLog('silent')
let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database
let dataDir: string
let joined: Instance[]

beforeEach(async () => {
  database = await cloneDatabase()
  db = connect(database.url, { max: 2 })
  dataDir = await mkdtemp(join(tmpdir(), 'pennypost-instances-'))
  joined = []
})
afterEach(async () => {
  await Promise.all(joined.map(instance => instance.close()))
  await db.close()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

const joinIn = async (url = database.url): Promise<Instance> => {
  const instance = await joinInstances({ url, roles: ['worker'], dataDir, log })
  joined.push(instance)
  return instance
}
const query = async (text: string, values: unknown[] = []) => (await db.pool.query(text, values)).rows
const rows = async () => (await query('select id from instances order by id')).map(row => row.id)
/** What the next look of an instance sees. */
const nextLook = (instance: Instance): Promise<Suspect[]> =>
  new Promise(resolve => {
    const off = instance.onBeat(suspects => {
      off()
      resolve(suspects)
    })
  })
const suspected = (by: Instance, id: number) => eventually(async () => (await nextLook(by)).find(suspect => suspect.id === id))

/** A way to the database that can be blocked: what is said on it is lost, and nobody gets through. */
const startProxy = async () => {
  const target = new URL(database.url)
  const path = target.searchParams.get('host')
  const sockets = new Set<Socket>()
  let blocked = false
  const server = createServer(client => {
    const upstream = path
      ? createConnection(`${path}/.s.PGSQL.${target.port || 5432}`)
      : createConnection(Number(target.port), target.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', chunk => blocked || to.write(chunk)).on('error', () => {})
      from.on('close', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(database.url)
  url.searchParams.delete('host')
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    block: () => {
      blocked = true
    },
    open: () => {
      blocked = false
      for (const socket of sockets) socket.destroy()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('running instances are not suspects; a closed one leaves no row and no file', async () => {
  const [one, two] = [await joinIn(), await joinIn()]
  assert.notEqual(one.id, two.id)
  assert.deepEqual(await nextLook(one), [])
  assert.deepEqual(await nextLook(two), [])
  assert.ok(one.holds(one.id) && !one.holds(two.id))
  const { id } = two
  await two.close()
  assert.deepEqual(await rows(), [one.id])
  assert.equal(two.holds(id), false)
  assert.equal((await readdir(join(dataDir, 'instances'))).length, 1)
})

test('an instance without a lock is a suspect; it is proven dead only when its lock file is here and not held', async () => {
  const one = await joinIn()
  const { host } = (await query('select host from instances'))[0]!
  await query(`insert into instances (name, host, roles) values ('pennypost elsewhere', 'another machine', '{}')`)
  await query(`insert into instances (name, host, roles) values ('pennypost nofile', $1, '{}')`, [host])
  const looked = await eventually(async () => {
    const suspects = await nextLook(one)
    return suspects.length === 2 && suspects
  })
  assert.deepEqual(
    looked.map(suspect => one.isProvenGone(suspect)),
    [false, false],
  )
  const two = await joinIn()
  const itself = (await query('select id, name, host from instances where id = $1', [two.id]))[0] as Suspect
  assert.equal(one.isProvenGone(itself), false, 'it holds its file')
})

test('a lost session is replaced under the same id, and leases stay valid', async () => {
  const [one, two] = [await joinIn(), await joinIn()]
  const { id } = one
  for (let cuts = 0; cuts < 3; cuts++) {
    await query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [one.name])
    await eventually(
      async () => (await query('select 1 from pg_stat_activity where application_name = $1', [one.name])).length === 1,
    )
    await nextLook(one)
    assert.equal(one.id, id)
    assert.equal(one.holds(id), true)
    assert.deepEqual(await nextLook(two), [])
  }
})

test('an instance that cannot reach the database holds nothing, and returns under another id when its work was requeued', async () => {
  const proxy = await startProxy()
  const [far, near] = [await joinIn(proxy.url), await joinIn()]
  const before = far.id
  proxy.block()
  await eventually(async () => !far.holds(before))
  // as after keep-alives without an answer
  await query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [far.name])
  const suspect = await suspected(near, before)
  assert.equal(near.isProvenGone(suspect), false, 'the process is alive, so only the grace period applies')
  await query('delete from instances where id = $1', [before]) // as jobs/recovery.ts does
  proxy.open()
  await eventually(async () => far.id !== before && far.holds(far.id))
  assert.equal(far.holds(before), false)
  assert.deepEqual(await rows(), [near.id, far.id])
  await far.close()
  await proxy.close()
})

test('an instance that reaches the database again in time keeps its id', async () => {
  const proxy = await startProxy()
  const far = await joinIn(proxy.url)
  const { id } = far
  let returns = 0
  far.onReturn(() => returns++)
  proxy.block()
  await eventually(async () => !far.holds(id))
  proxy.open()
  await eventually(async () => far.holds(id))
  assert.equal(far.id, id)
  assert.equal(returns, 1)
  await far.close()
  await proxy.close()
})

test('statements to a database that neither answers nor closes the connection reject', async () => {
  const proxy = await startProxy()
  const far = await joinIn(proxy.url)
  const pool = connect(proxy.url, { max: 2 })
  far.onSilence(pool.cut)
  const asked = assert.rejects(pool.pool.query('select pg_sleep(600)'), error => isTransient(error))
  await eventually(async () => (await query(`select 1 from pg_stat_activity where query = 'select pg_sleep(600)'`)).length === 1)
  proxy.block()
  await asked
  await query(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(600)'`)
  proxy.open()
  await eventually(async () => far.holds(far.id))
  assert.equal((await pool.pool.query('select 1 as one')).rows[0].one, 1)
  await Promise.all([far.close(), pool.close()])
  await proxy.close()
})

test('the names of its jobs are stored, and stored again under a new id', async () => {
  const one = await joinIn()
  const pools = async () => (await query('select job_pools from instances where id = $1', [one.id]))[0]?.job_pools
  await one.addJobPool('a')
  await one.addJobPool('b')
  await one.removeJobPool('a')
  assert.deepEqual(await pools(), ['b'])
  const { id } = one
  await query('delete from instances where id = $1', [id])
  await query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [one.name])
  await eventually(async () => one.id !== id)
  assert.deepEqual(await pools(), ['b'])
})
