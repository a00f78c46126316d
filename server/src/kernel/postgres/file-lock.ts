/**
 * Locks on files. Node has none, SQLite has: the kernel drops them when the process dies, however it dies, and they hold between
 * containers which share a volume. The file stays empty.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Locks the file, making it if it is missing, and returns how to let it go; undefined when another process holds it. Throws when it cannot be written. */
export const lockFile = (path: string): (() => void) | undefined => {
  let file: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    file = new DatabaseSync(path, { timeout: 0 })
    file.exec('pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    file?.close()
    if (/database is locked/.test(String(error))) return undefined
    throw error
  }
  const held = file
  return () => {
    if (held.isOpen) held.close()
  }
}

/** Whether the file is there and nobody holds it: who made it is gone. */
export const isLeft = (path: string): boolean => {
  if (!existsSync(path)) return false
  const unlock = lockFile(path)
  unlock?.()
  return unlock !== undefined
}
