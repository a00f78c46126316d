/** WebCrypto: global everywhere but in Node 18. */
export const webCrypto = async (): Promise<Crypto> => {
  if (globalThis.crypto) return globalThis.crypto
  // In a variable, so that bundlers for the edge do not try to resolve it.
  const builtin = 'node:crypto'
  const { webcrypto } = (await import(builtin)) as { webcrypto: Crypto }
  return webcrypto
}
