/**
 * The house rules that a machine can hold: import directions, where SQL and the environment may be read, file budgets.
 * Part of `npm run check`; prints every breach and fails.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')
const src = join(root, 'server/src')

const files: { path: string; text: string; imports: string[] }[] = []
for (const folder of ['server/src', 'server/test', 'server/bench', 'sdk/src', 'mcp/src']) {
  const names = await readdir(join(root, folder), { recursive: true }).catch(() => [] as string[])
  for (const name of names) {
    if (!/\.tsx?$/.test(name) || name.includes('node_modules') || name.includes('generated')) continue
    const text = await readFile(join(root, folder, name), 'utf8')
    files.push({
      path: join(folder, name),
      text,
      imports: [...text.matchAll(/^(?:import|export)\b[^;'"]*?from '([^']+)'/gm)].map(match => match[1]!),
    })
  }
}

const breaches: string[] = []
const breach = (path: string, rule: string) => void breaches.push(`${path}: ${rule}`)
const inside = (file: { path: string }, target: string) => relative(src, join(root, file.path, '..', target))

const domains = ['accounts', 'approvals', 'billing', 'email', 'templates', 'contacts', 'campaigns', 'post', 'webhooks']
for (const file of files) {
  const { path, text, imports } = file
  const place = path.replace(/^server\/src\//, '')
  const test = /\.(test|crash\.test)\.ts$/.test(path) || path.startsWith('server/test') || path.startsWith('server/bench')
  const lines = text.split('\n').length - 1
  if (lines > 400) breach(path, `${lines} lines; split it by noun, then by verb (at most 400)`)
  if (/^dialects\/\w+\/dialect\.ts$/.test(place) && lines > 250) breach(path, `${lines} lines; a dialect's table has at most 250`)
  if (/^dialects\/\w+\/translate\.ts$/.test(place) && lines > 300)
    breach(path, `${lines} lines; a dialect's translation has at most 300`)
  if (/(^|\/)(utils|helpers|common|services|types)(\/|\.ts$)/.test(place)) breach(path, 'name it by a word of the product')
  if (test || !path.startsWith('server/src')) continue

  if (/(^|[^.\w])sql`/m.test(text) && !path.endsWith('.sql.ts') && place !== 'kernel/database/db.ts')
    breach(path, 'SQL belongs into a *.sql.ts file')
  // The demo adds to the environment it hands to config.ts; PostgreSQL's processes get a cleaned copy.
  if (/\bprocess\.env\b/.test(text) && !['config.ts', 'cli/demo.ts', 'kernel/postgres/postgres-programs.ts'].includes(place))
    breach(path, 'only config.ts reads the environment')
  const own = place.split('/')[0]!
  for (const target of imports) {
    if (domains.includes(own) && target === 'fastify') breach(path, 'a domain knows nothing of HTTP')
    if (!target.startsWith('.')) continue
    const to = inside(file, target)
    const area = to.split('/')[0]!
    const typeOnly = new RegExp(`import type [^;]*from '${target.replaceAll('.', '\\.')}'`).test(text)
    if (domains.includes(own) && (area === 'api' || area === 'smtp') && !typeOnly) breach(path, `a domain does not import ${to}`)
    if (domains.includes(own) && area === 'dialects' && to !== 'dialects/products.ts' && !typeOnly)
      breach(path, `a domain does not import ${to}`)
    if (own === 'kernel' && domains.includes(area)) breach(path, `the kernel knows no domain, but imports ${to}`)
    if (own === 'dialects' && to.endsWith('.sql.ts')) breach(path, 'a dialect calls operations, not statements')
    if (
      /^dialects\/\w+\//.test(place) &&
      area === 'dialects' &&
      to.split('/')[1] !== place.split('/')[1] &&
      !['dialects/dialect.ts', 'dialects/incoming.ts', 'dialects/product.ts'].includes(to)
    )
      breach(path, `a dialect does not import another: ${to}`)
  }
}

/** Files that import each other in a circle, type imports included: each set as a list (Tarjan's strongly connected components). */
const circles = (): string[][] => {
  const graph = new Map<string, string[]>()
  for (const { path, imports } of files)
    if (path.startsWith('server/src/') && !path.endsWith('.test.ts'))
      graph.set(
        path,
        imports.filter(target => target.startsWith('.')).map(target => join('server/src', inside({ path }, target))),
      )
  const found: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const visit = (file: string): void => {
    order.set(file, order.size)
    lowest.set(file, order.get(file)!)
    open.push(file)
    for (const target of graph.get(file)!) {
      if (!graph.has(target)) continue
      if (!order.has(target)) visit(target)
      if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!))
    }
    if (lowest.get(file) !== order.get(file)) return
    const set = open.splice(open.indexOf(file))
    if (set.length > 1) found.push(set)
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return found
}
for (const set of circles()) breach(set[0]!, `imports itself in a circle: ${set.join(', ')}`)

if (breaches.length > 0) {
  console.error(breaches.join('\n'))
  process.exit(1)
}
console.log(`${files.length} files keep the house rules`)
