/**
 * What a dialect read of a request, and what it did not. Other products' clients send fields we do not have; those are ignored, as their
 * own product would do, but never in silence: the answer names them in `ignored`. Nobody keeps a list of known fields for that: the
 * request is handed out behind proxies that notice what is read, so it holds for every dialect by itself. Pure.
 */

/** Names in an answer are bounded, as what a client may send is not. */
const mostNames = 100
const longestName = 200

/** What is known of one object or array of the request. */
interface Node {
  target: object
  proxy: object
  /** Fields that were read; those that hold objects have a node of their own. */
  read: Map<string, Node | undefined>
  /** It was handed on as a whole: what is in it is the operation's to judge. */
  whole: boolean
}

const nodes = new WeakMap<object, Node>()

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Date)

const watch = (target: object): Node => {
  const node: Node = { target, proxy: target, read: new Map(), whole: false }
  node.proxy = new Proxy(target, {
    get: (_, key, receiver) => {
      const value: unknown = Reflect.get(target, key, receiver)
      if (typeof key !== 'string' || !Object.prototype.propertyIsEnumerable.call(target, key)) return value
      if (!isContainer(value)) {
        node.read.set(key, undefined)
        return value
      }
      let child = node.read.get(key)
      if (!child) node.read.set(key, (child = watch(value)))
      return child.proxy
    },
  })
  nodes.set(node.proxy, node)
  return node
}

/** A value of the request without its proxy; looking at it does not count as reading. */
export const unwatched = <T>(value: T): T => ((isContainer(value) && nodes.get(value)?.target) || value) as T

/** Takes the proxies out of what is handed on. What stood behind one was handed on whole. */
const handedOn = (value: unknown): unknown => {
  if (!isContainer(value)) return value
  const node = nodes.get(value)
  if (node) {
    node.whole = true
    return node.target
  }
  if (Array.isArray(value)) return value.map(handedOn)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, handedOn(item)]))
}

const unread = (node: Node, path: string, into: string[]): void => {
  if (node.whole) return
  for (const key of Object.keys(node.target)) {
    if (into.length >= mostNames) return
    const name = `${path}${key}`
    const child = node.read.get(key)
    if (!node.read.has(key)) into.push(name.slice(0, longestName))
    else if (child && !child.whole && child.read.size === 0 && Object.keys(child.target).length > 0)
      into.push(name.slice(0, longestName))
    else if (child) unread(child, `${name}.`, into)
  }
}

/** One request under watch: `query` and `body` as they are handed out, and afterwards what nobody read. */
export const watched = <Q extends object, B extends object>(query: Q, body: B) => {
  const [asked, sent] = [watch(query), watch(body)]
  return {
    query: asked.proxy as Q,
    body: sent.proxy as B,
    handedOn,
    /** Dotted paths, in the order they were sent: `send_dat`, `return_address.lat`, `drops.0.colour`. */
    ignored: (): string[] => {
      const found: string[] = []
      unread(asked, '', found)
      unread(sent, '', found)
      return found
    },
  }
}
