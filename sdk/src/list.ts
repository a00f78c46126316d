export interface Page<T> {
  data: T[]
  has_more: boolean
  next_cursor: string | null
}

/**
 * A list: `await` it for one page, or `for await` over it for every row of every page. Nothing is asked before that.
 *
 * for await (const inbox of pp.inboxes.list()) …
 * const { data, next_cursor } = await pp.inboxes.list({ limit: 5 })
 */
export class List<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #fetch: (cursor?: string) => Promise<Page<T>>

  constructor(fetch: (cursor?: string) => Promise<Page<T>>) {
    this.#fetch = fetch
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a list is how one page is asked for
  then<A = Page<T>, B = never>(
    done?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#fetch().then(done, failed)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let page = await this.#fetch()
    for (;;) {
      yield* page.data
      if (page.next_cursor === null) return
      page = await this.#fetch(page.next_cursor)
    }
  }
}
