import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coalesce } from './batch.ts'

/** A run that notes its batches, and ends each only when told. */
const held = () => {
  const batches: number[][] = []
  const release: (() => void)[] = []
  const run = async (items: number[]) => {
    batches.push(items)
    await new Promise<void>(done => release.push(done))
    return items.map(item => item * 10)
  }
  return { batches, release, run }
}
const turn = () => new Promise(done => setImmediate(() => setImmediate(done)))
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const sqlError = (code: string) => Object.assign(new (class DatabaseError extends Error {})('no'), { code })

test('an item that comes alone starts at once; what comes meanwhile goes together, in order', async () => {
  const { batches, release, run } = held()
  const submit = coalesce(run, { maxItems: 100, concurrency: 1 })
  const first = submit(0)
  await turn()
  assert.deepEqual(batches, [[0]])
  const rest = range(1, 50).map(submit)
  await turn()
  assert.equal(batches.length, 1)
  release[0]!()
  assert.equal(await first, 0)
  await turn()
  assert.deepEqual(batches[1], range(1, 50))
  release[1]!()
  assert.deepEqual(
    await Promise.all(rest),
    range(1, 50).map(item => item * 10),
  )
})

test('items of one turn ride together', async () => {
  const { batches, release, run } = held()
  const submit = coalesce(run, { maxItems: 100, concurrency: 4 })
  const all = range(1, 3).map(submit)
  await turn()
  assert.deepEqual(batches, [[1, 2, 3]])
  release[0]!()
  await Promise.all(all)
})

test('a batch has at most maxItems, and at most `concurrency` run at once', async () => {
  const { batches, release, run } = held()
  const submit = coalesce(run, { maxItems: 4, concurrency: 2 })
  const all = range(1, 10).map(submit)
  await turn()
  assert.deepEqual(batches, [range(1, 4), range(5, 8)])
  release[1]!()
  await turn()
  assert.deepEqual(batches[2], [9, 10])
  release[0]!()
  release[2]!()
  assert.deepEqual(
    await Promise.all(all),
    range(1, 10).map(item => item * 10),
  )
})

test('an Error among the results rejects its item only', async () => {
  const submit = coalesce<number, string>(async items => items.map(item => (item === 2 ? new TypeError('two') : `ok ${item}`)), {
    maxItems: 10,
    concurrency: 1,
  })
  const [one, two, three] = await Promise.allSettled([submit(1), submit(2), submit(3)])
  assert.deepEqual(
    [one, three].map(result => (result as PromiseFulfilledResult<string>).value),
    ['ok 1', 'ok 3'],
  )
  assert.equal((two as PromiseRejectedResult).reason.message, 'two')
})

test('one poisoned item never fails its neighbours, wherever it is', async () => {
  for (const poison of [sqlError('23505'), sqlError('22021'), sqlError('P0001'), new TypeError('bad'), new RangeError('bad')]) {
    for (const at of [0, 3, 7]) {
      const committed: number[] = []
      const submit = coalesce<number, number>(
        async items => {
          if (items.includes(at)) throw poison
          committed.push(...items)
          return items
        },
        { maxItems: 100, concurrency: 2 },
      )
      const results = await Promise.allSettled(range(0, 7).map(submit))
      assert.deepEqual(
        results.map(result => result.status === 'rejected'),
        range(0, 7).map(i => i === at),
      )
      assert.equal((results[at] as PromiseRejectedResult).reason, poison)
      assert.deepEqual(
        committed,
        range(0, 7).filter(i => i !== at),
      )
    }
  }
})

test('when the connection is lost the commit may have been done: nothing is run again, everybody is told', async () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const pipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
  const lost = [reset, pipe, refused, new Error('Connection terminated unexpectedly'), 'odd']
  for (const error of [...lost, ...['08006', '53300', '57P01', '58030', 'XX000', '40003'].map(sqlError)]) {
    let runs = 0
    const submit = coalesce<number, number>(
      async () => {
        runs++
        throw error
      },
      { maxItems: 100, concurrency: 1 },
    )
    const results = await Promise.allSettled([submit(1), submit(2)])
    assert.deepEqual(
      results.map(result => (result as PromiseRejectedResult).reason),
      [error, error],
    )
    assert.equal(runs, 1)
  }
})

test('too few results, and a run that throws at once, leave nobody waiting', async () => {
  const few = coalesce<number, number>(async () => [1], { maxItems: 10, concurrency: 1 })
  const [one, two] = await Promise.allSettled([few(1), few(2)])
  assert.equal(one.status, 'fulfilled')
  assert.match(String((two as PromiseRejectedResult).reason), /2 items gave 1 results/)
  const broken = coalesce<number, number>(
    () => {
      throw new TypeError('at once')
    },
    { maxItems: 10, concurrency: 1 },
  )
  await assert.rejects(broken(1), /at once/)
  await assert.rejects(broken(2), /at once/)
})

test('drain waits for what waits and what runs, and returns at once when there is nothing', async () => {
  const { release, run } = held()
  const submit = coalesce(run, { maxItems: 1, concurrency: 1 })
  await submit.drain()
  const settled: number[] = []
  for (const item of [1, 2]) void submit(item).then(result => settled.push(result))
  let drained = false
  const drain = submit.drain().then(() => {
    drained = true
  })
  await turn()
  release[0]!()
  await turn()
  assert.equal(drained, false)
  release[1]!()
  await drain
  assert.deepEqual(settled, [10, 20])
})

test('ten thousand items from a hundred callers, each result with its own item', async () => {
  const submit = coalesce<number, number>(
    async items => {
      await turn()
      return items.map(item => item + 1)
    },
    { maxItems: 64, concurrency: 3 },
  )
  await Promise.all(
    range(0, 99).map(async caller => {
      for (let i = caller * 100; i < caller * 100 + 100; i++) assert.equal(await submit(i), i + 1)
    }),
  )
})
