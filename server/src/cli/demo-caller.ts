/** How the demos call the server: as a script would, telling each call. */

// biome-ignore lint/suspicious/noExplicitAny: a script reads answers of documented calls without types, and ends at the first that differs
export type Answer = any

/** Calls with one key (`''` for none) and tells each. Throws what the server says when it refuses. */
export const caller =
  (url: string, key: string, say: (text: string) => void) =>
  async (method: string, path: string, body?: object): Promise<Answer> => {
    const form = body instanceof FormData
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body && !form ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: form ? body : JSON.stringify(body) } : {}),
    })
    say(`${method} ${path}  → ${response.status}`)
    const answer = await response.json()
    if (!response.ok) throw new Error(JSON.stringify(answer))
    return answer
  }
