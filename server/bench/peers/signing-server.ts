/** The whole server, with an RSA-2048 key for whatever domain it sends from. Configured by the environment, as always. */
import { generateKeyPairSync } from 'node:crypto'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { startDelivering } from '../../src/email/outbound/deliver.ts'

const config = readConfig()
const app = await startApp({ config, databaseUrl: config.DATABASE_URL, roles: ['web'] })
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keys = process.argv.includes('--unsigned') ? [] : [{ domain: config.MAIL_DOMAIN, selector: 'bench', key: privateKey }]
const identity = { keys, returnPath: config.MAIL_DOMAIN }
const worker = startDelivering(app, { signing: { identify: async () => identity, close: async () => {} } })
console.log('ready')
process.once('SIGTERM', async () => {
  await worker.close()
  await app.close()
})
