/**
 * The command line: serve · migrate · org · key · credit · dns · routes · docs · demo. `org`, `key` and `credit` work while the server
 * runs and print JSON with --json.
 */
import { commands, readWords } from './cli/commands.ts'

const [verb = 'serve', ...words] = process.argv.slice(2)
const command = commands[verb]
if (!command || words.includes('--help') || words.includes('-h')) {
  const known = Object.entries(commands).map(
    ([name, { usage, description }]) => `  ${`${name} ${usage}`.padEnd(58)} ${description}`,
  )
  console.log(`Pennypost: one server for all the post an app sends and receives.\n\n${known.join('\n')}\n`)
  process.exit(command || verb === 'help' || verb === '--help' || verb === '-h' ? 0 : 2)
}
try {
  await command.run(readWords(words, command.options))
} catch (error) {
  console.error((error as { told?: boolean }).told ? (error as Error).message : (error as Error).stack)
  process.exit(1)
}
