import type { Http } from './http.ts'

/** A noun of the API; the generated classes are made of these. */
export abstract class Resource {
  protected readonly http: Http

  constructor(http: Http) {
    this.http = http
  }
}

/** Fills ids into a path. One that is missing, or would climb to another path, is a mistake of the caller: it does not go out. */
export const path = (parts: TemplateStringsArray, ...ids: string[]): string =>
  parts.reduce((made, part, index) => {
    const id = ids[index - 1]
    if (typeof id !== 'string' || id === '' || id === '.' || id === '..')
      throw new TypeError(`An id is needed for ${parts.join('…')}, but ${JSON.stringify(id)} was given`)
    return made + encodeURIComponent(id) + part
  })
