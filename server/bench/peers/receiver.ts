/** One half of receiving mail, `smtp` or `worker`, as a process of its own. Configured by the environment, as always. */
import { type Role, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'

const config = readConfig()
const app = await startApp({ config, databaseUrl: config.DATABASE_URL, roles: process.argv.slice(2) as Role[] })
console.log('ready')
process.once('SIGTERM', () => void app.close())
