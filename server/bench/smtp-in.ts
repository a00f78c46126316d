/**
 * Mail in, stored durably, against Postfix: 4 KB mails from Postfix's own smtp-source over 20 connections, in turn to both, with
 * a new connection for every mail (as most of the world's mail comes) and with kept ones. Both sync to the same disk before
 * they say 250; Postfix hands what it took to its discard transport, ours queues the job that reads it. Medians of three rounds.
 * Reading (parse, SPF, DMARC, thread, store, event) is measured by itself afterwards, with a name server on loopback.
 * Needs the Debian package postfix, and root for a second Postfix.
 *
 *   node server/bench/run-benches.ts smtp-in
 *
 * Seen on 2 cores: new connections 2,229/s against 648/s (3.44) and 2,538 against 838 (3.03), kept ones 4,495/s against
 * 712/s (6.31) and 5,684 against 1,116 (5.09); reading a backlog of 5,000
 * by itself 469/s. On a busy machine it falls to 2.1 and 1.4, for one Node process gets a smaller share than Postfix's two
 * dozen. CPU per mail: 0.33 ms kept and 0.56 ms new (Node and PostgreSQL together), Postfix about 1.5 ms.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { startZone } from '../test/dns-zone.ts'
import { startPostfix } from '../test/postfix.ts'
import { freePort, lineOf, median, node } from './measure.ts'

const rounds = 3
const connections = 20
const execute = promisify(execFile)

/** Mails per second that a server takes. */
const offer = async (port: number, mails: number, kept: boolean): Promise<number> => {
  const from = performance.now()
  const words = ['-s', String(connections), '-m', String(mails), '-l', '4096', '-f', 'a@sender.test', '-t', 'agent@bench.test']
  await execute('smtp-source', [...(kept ? ['-d'] : []), ...words, `127.0.0.1:${port}`])
  return mails / ((performance.now() - from) / 1000)
}

const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
const postgres = await startPostgres({ dataDir, log: () => {} })
await migrate(postgres.url)
const port = await freePort()
const zone = await startZone({
  'sender.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  '_dmarc.sender.test': { TXT: ['v=DMARC1; p=reject'] },
})
const env = {
  DATABASE_URL: postgres.url,
  DATA_DIR: dataDir,
  SMTP_PORT: String(port),
  PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  MAIL_DOMAIN: 'bench.test',
  DNS_SERVERS: zone.server,
  PUBLIC_URL: 'http://localhost',
}
const database = new pg.Client({ connectionString: postgres.url })
await database.connect()
await database.query(
  `insert into organizations (id, name, owner_email) values ('00000000-0000-7000-8000-000000000001', 'Bench', 'a@b.test')`,
)
await database.query(
  `insert into inboxes (id, organization_id, name, email) values ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'Bench', 'agent@bench.test')`,
)
const waiting = async () => Number((await database.query('select count(*) as n from received_mail')).rows[0].n)

const postfixPort = await freePort()
const postfix = await startPostfix(`127.0.0.1:${postfixPort}`, {
  myhostname: 'bench.test',
  relay_domains: 'bench.test',
  default_transport: 'discard',
  relay_transport: 'discard',
  smtpd_client_connection_count_limit: '0', // as many connections as are opened
})
const receiver = node(['server/bench/peers/receiver.ts', 'smtp'], env)
try {
  await lineOf(receiver, /ready/)
  for (const kept of [false, true]) {
    const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    await Promise.all([offer(postfixPort, 500, kept), offer(port, 2000, kept)]) // both warm
    let taken = await waiting()
    for (let round = 0; round < rounds; round++) {
      rates.theirs.push(await offer(postfixPort, 3000, kept))
      await delay(1000)
      rates.ours.push(await offer(port, 10_000, kept))
      taken += 10_000
      if ((await waiting()) !== taken) throw new Error('a mail that was answered with 250 is not in the database')
      console.log(
        `  round ${round + 1}: Postfix ${rates.theirs.at(-1)!.toFixed(0)}/s, Pennypost ${rates.ours.at(-1)!.toFixed(0)}/s`,
      )
    }
    const [a, b] = [median(rates.ours), median(rates.theirs)]
    console.log(
      `${kept ? 'kept connections' : 'a new connection for each mail'}: Pennypost ${a.toFixed(0)}/s, Postfix ${b.toFixed(0)}/s, ratio ${(a / b).toFixed(2)} (goal 3)`,
    )
  }
  await database.query(`delete from received_mail where id not in (select id from received_mail order by id limit 5000)`)
  await database.query('vacuum full received_mail') // counting what waits must not read what was deleted
  const worker = node(['server/bench/peers/receiver.ts', 'worker'], env)
  await lineOf(worker, /ready/)
  const [before, from] = [await waiting(), performance.now()]
  while ((await waiting()) > 0) await delay(50)
  console.log(`read and put into the inbox: ${(before / ((performance.now() - from) / 1000)).toFixed(0)}/s`)
  worker.kill('SIGTERM')
  if (worker.exitCode === null) await once(worker, 'exit')
} finally {
  receiver.kill('SIGTERM')
  if (receiver.exitCode === null) await once(receiver, 'exit')
  await database.end()
  await postfix.stop()
  await Promise.all([postgres.stop(), zone.stop()])
  await rm(dataDir, { recursive: true, force: true })
}
