/** What the command line can do. Each verb opens what it needs and closes it again. */

import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import * as keys from '../accounts/keys.sql.ts'
import { mintKey } from '../accounts/keys.ts'
import * as organizations from '../accounts/organizations.sql.ts'
import { openOrganization } from '../accounts/organizations.ts'
import { v1 } from '../api/v1.ts'
import { type Role, roles, startApp } from '../app.ts'
import * as wallet from '../billing/wallet.sql.ts'
import { dollars } from '../billing/wallet.ts'
import { writeDocs } from '../codegen/docs.ts'
import { type Config, readConfig } from '../config.ts'
import { type KeyDialect, keyPrefixes } from '../dialects/products.ts'
import { hostProblems } from '../email/dns-checks/host.ts'
import { examine, ownDomain } from '../email/domains/domain-checks.ts'
import { recordsOf } from '../email/domains/domain-view.ts'
import { systemClock } from '../kernel/clock.ts'
import { loadMasterKey, sealer } from '../kernel/crypto.ts'
import { connect, type Database } from '../kernel/database/db.ts'
import { migrate } from '../kernel/database/migrate.ts'
import { parseId, publicId } from '../kernel/ids.ts'
import { createLog, type Log } from '../kernel/log.ts'
import { createResolver } from '../kernel/net/dns.ts'
import { DataDirInUse, startPostgres } from '../kernel/postgres/postgres.ts'
import { runDemo } from './demo.ts'
import { prepareEnding } from './ending.ts'
import { greet } from './first-start.ts'

interface Command {
  usage: string
  description: string
  /** The options it knows, without their dashes. */
  options: readonly string[]
  run(words: Words): Promise<void>
}

/** A mistake of whoever typed: shown without a stack. */
const told = (message: string) => Object.assign(new Error(message), { told: true })

/** Options that stand alone; every other one takes a value. */
const flags: readonly string[] = ['json', 'check']

export interface Words {
  named: Readonly<Record<string, string | undefined>>
  rest: string[]
}

/** `--name value` or `--name=value`, flags, and the words between. An option that the command does not have is refused. */
export const readWords = (words: string[], options: readonly string[]): Words => {
  const types = options.map(name => [name, { type: flags.includes(name) ? ('boolean' as const) : ('string' as const) }])
  // A negative number is a word, not an option.
  const args = words.map(word => word.replace(/^-(?=\d)/, '\u2212'))
  try {
    const { values, positionals } = parseArgs({ args, options: Object.fromEntries(types), allowPositionals: true })
    return { named: values as Words['named'], rest: positionals.map(word => word.replace('\u2212', '-')) }
  } catch (error) {
    const known = options.length > 0 ? `Its options are ${options.map(name => `--${name}`).join(', ')}.` : 'It has no options.'
    throw told(`${(error as Error).message.split('.')[0]}. ${known}`)
  }
}

const print = (named: Words['named'], value: unknown, text: string) => console.log(named.json ? JSON.stringify(value) : text)

/** What stops a start and is no fault of ours, in one sentence that names the key; anything else as it is. */
const outside = (error: Error & { code?: string; port?: number; syscall?: string }, config: Config): Error => {
  const key = error.port === config.SMTP_PORT ? 'SMTP_PORT' : 'PORT'
  if (error.syscall === 'listen')
    return told(
      `${key}: port ${error.port} ${error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened (${error.code})`}. Give another one, for example ${key}=${Number(error.port) + 1}.`,
    )
  if (config.DATABASE_URL && /^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|28000|28P01|3D000)$/.test(error.code ?? ''))
    return told(`DATABASE_URL: the database cannot be reached: ${error.message || error.code}.`)
  return error
}

/** The database for a short command: the configured one, that of the running server, or one started for the moment. */
const withDatabase = async (config: Config, work: (db: Database) => Promise<void>): Promise<void> => {
  const own = config.DATABASE_URL ? undefined : await startPostgres({ dataDir: config.DATA_DIR, log: () => {} }).catch(usedBy)
  const url = config.DATABASE_URL || own!.url
  await migrate(url).catch(error => {
    throw outside(error, config)
  })
  const db = connect(url, { max: 2 })
  try {
    await work(db)
  } finally {
    await db.close()
    await own?.stop()
  }
}

/** The server that runs on the folder lends its database. */
const usedBy = (error: unknown) => {
  if (error instanceof DataDirInUse && error.url) return { url: error.url, stop: async () => {} }
  throw error
}

const findOrganization = async (db: Database, id: string | undefined) => {
  const uuid = id && parseId('organization', id)
  const row = uuid && (await organizations.unscopedById(db, uuid))
  if (!row)
    throw told(id ? `There is no organization ${id}. "org list" shows them.` : 'Say which: --org org_…; "org list" shows them.')
  return row
}

/** A database that is starting, stopping or failing over when we start is waited for; one that cannot be reached is named, and ends the start. */
const untilStarted = async <T>(log: Log, start: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await start()
    } catch (error) {
      if (!/^57P0/.test(String((error as { code?: unknown }).code))) throw error
      log.warn({ error: String(error) }, 'the database is not ready; waiting for it')
      await delay(1000)
    }
  }
}

const serve = async ({ named }: Words): Promise<void> => {
  const config = readConfig()
  const wanted = named.roles?.split(',') ?? roles
  const unknown = wanted.find(role => !roles.includes(role as Role))
  if (unknown) throw told(`--roles: there is no role "${unknown}". Use some of ${roles.join(',')}.`)
  const log = createLog(config.LOG_LEVEL)
  const postgres = config.DATABASE_URL
    ? undefined
    : await startPostgres({
        dataDir: config.DATA_DIR,
        log: line => log[/PANIC|FATAL|died/.test(line) ? 'warn' : 'debug']({ postgres: line }, 'postgres'),
      })
  const databaseUrl = config.DATABASE_URL || postgres!.url
  const app = await untilStarted(log, async () => {
    let migrations = 0
    await migrate(databaseUrl, line => {
      migrations++
      log.debug(line)
    })
    if (migrations > 0) log.info({ migrations }, 'database brought up to date')
    return startApp({ config, databaseUrl, roles: wanted as Role[], log })
  }).catch(async error => {
    await postgres?.stop()
    throw outside(error, config)
  })
  const { leave } = prepareEnding(log, async () => {
    try {
      await app.close()
    } finally {
      await postgres?.stop()
    }
  })
  void postgres?.exited.then(error => leave(error.message, 1))
  if (wanted.includes('web')) console.log(await greet(app))
}

export const commands: Record<string, Command> = {
  serve: {
    usage: '[--roles web,smtp,worker]',
    description: 'Run the server (all roles by default).',
    options: ['roles'],
    run: serve,
  },

  migrate: {
    usage: '',
    description: 'Bring the database to this version, then stop.',
    options: [],
    run: async () => {
      await withDatabase(readConfig(), async () => console.log('The database is up to date.'))
    },
  },

  org: {
    usage: 'create NAME --owner EMAIL | list  [--json]',
    description: 'Make or list organizations.',
    options: ['owner', 'json'],
    run: async ({ named, rest }) => {
      const config = readConfig()
      await withDatabase(config, async db => {
        if (rest[0] === 'list') {
          const rows = (await organizations.unscopedList(db)).map(row => ({
            id: publicId('organization', row.id),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at,
          }))
          return print(named, rows, rows.map(row => `${row.id}  ${row.name}  <${row.owner_email}>`).join('\n'))
        }
        if (rest[0] !== 'create' || !rest[1] || !named.owner) throw told('Usage: org create NAME --owner EMAIL, or org list')
        const id = await db.tx(tx =>
          openOrganization(tx, { name: rest[1]!, ownerEmail: named.owner!, creditMills: config.STARTING_CREDIT_MILLS }),
        )
        print(named, { id: publicId('organization', id) }, publicId('organization', id))
      })
    },
  },

  key: {
    usage: 'create --org ID [--name N] [--mode live|test] [--dialect D] | list --org ID | revoke ID --org ID  [--json]',
    description: 'Make, list or revoke API keys.',
    options: ['org', 'name', 'mode', 'dialect', 'json'],
    run: async ({ named, rest }) => {
      await withDatabase(readConfig(), async db => {
        const org = await findOrganization(db, named.org)
        if (rest[0] === 'list') {
          const rows = (await keys.list(db, org.id, true, { before: undefined, limit: 1000 })).map(row => ({
            id: publicId('key', row.id),
            name: row.name,
            hint: row.hint,
            mode: row.livemode ? 'live' : 'test',
          }))
          return print(named, rows, rows.map(row => `${row.id}  ${row.hint}  ${row.mode}  ${row.name}`).join('\n'))
        }
        if (rest[0] === 'revoke') {
          const row = await keys.revoke(db, org.id, true, parseId('key', rest[1] ?? '') ?? null)
          if (!row) throw told(`There is no active key ${rest[1]} in that organization.`)
          return print(named, { id: rest[1], deleted: true }, `${rest[1]} is revoked.`)
        }
        const dialect = (named.dialect ?? 'pennypost') as KeyDialect
        const mode = named.mode ?? 'live'
        if (rest[0] !== 'create' || !(dialect in keyPrefixes) || !/^(live|test)$/.test(mode))
          throw told(`Usage: key create --org ID [--name N] [--mode live|test] [--dialect ${Object.keys(keyPrefixes).join('|')}]`)
        const made = await db.tx(tx =>
          mintKey(tx, org.id, { name: named.name ?? 'Command line', livemode: mode === 'live', dialect }),
        )
        print(named, made, `${made.key}\n(${made.id}; shown only now)`)
      })
    },
  },

  credit: {
    usage: 'add MILLS --org ID [--reference TEXT] | show --org ID  [--json]',
    description: 'Add credit (1000 mills = 1 USD) or show the balance.',
    options: ['org', 'reference', 'json'],
    run: async ({ named, rest }) => {
      await withDatabase(readConfig(), async db => {
        const org = await findOrganization(db, named.org)
        if (rest[0] === 'add') {
          const amount = Number(rest[1])
          if (!Number.isSafeInteger(amount) || amount === 0 || Math.abs(amount) > 1e12)
            throw told(`credit add: "${rest[1]}" is not a whole number of mills, such as 5000 for $5.`)
          const balance = await wallet.add(db, org.id, true, {
            amount,
            kind: 'credit',
            reference: named.reference ?? 'command line',
          })
          if (balance === undefined) throw told('The balance would go below zero.')
          return print(named, { balance_mills: balance }, `Balance: ${dollars(balance)}`)
        }
        if (rest[0] !== 'show') throw told('Usage: credit add MILLS --org ID, or credit show --org ID')
        const balance = await wallet.balance(db, org.id, true)
        print(named, { balance_mills: balance }, `Balance: ${dollars(balance)}`)
      })
    },
  },

  dns: {
    usage: '[--json]',
    description: 'Show the DNS records MAIL_DOMAIN needs and what the DNS says now. Its mail is signed once the key is there.',
    options: ['json'],
    run: async ({ named }) => {
      const config = readConfig()
      const secrets = sealer(await loadMasterKey(config.DATA_DIR, config.SECRET_KEY))
      const app = { config, clock: systemClock, log: createLog('silent'), sealer: secrets }
      await withDatabase(config, async db => {
        const domain = (await examine(app, db, await ownDomain(app, db)))!
        const records = recordsOf(app, domain)
        const host = await hostProblems(createResolver(config.DNS_SERVERS), config.MAIL_HOST)
        const shown = records.map(record =>
          [
            `${record.status.padEnd(8)} ${record.zone_line}`,
            ...[record.problem, record.change, ...record.hints].filter(Boolean).map(line => `         ${line}`),
          ].join('\n'),
        )
        print(named, { name: domain.name, host_problems: host, records }, [...shown, ...host].join('\n\n'))
      })
    },
  },

  routes: {
    usage: '',
    description: 'Print every endpoint of the native API with its scope.',
    options: [],
    run: async () => {
      for (const [at, { scope, title }] of v1) {
        const [method, path] = at.split(' ')
        console.log(`${method!.padEnd(7)}/v1${path!.padEnd(56)}${scope.padEnd(22)}${title}`)
      }
    },
  },

  docs: {
    usage: '[--check]',
    description: 'Write the generated documents; --check fails when they are stale.',
    options: ['check'],
    run: ({ named }) => writeDocs(named.check !== undefined),
  },

  demo: {
    usage: '[email|post]',
    description: 'Run a whole conversation over real sockets and print it.',
    options: [],
    run: ({ rest }) => runDemo(rest),
  },
}
