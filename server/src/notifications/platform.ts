/** The server's own organization. Its one inbox is pennypost@MAIL_DOMAIN: mail of the server's comes from there. */
import type { Db } from '../kernel/database/db.ts'
import { ensurePlatform } from './notices.sql.ts'

/** uuids */
export const platformOrganization = '00000000-0000-7000-8000-000000000001'
const inbox = '00000000-0000-7000-8000-000000000002'

export const platformName = 'Pennypost'
export const platformAddress = (mailDomain: string): string => `pennypost@${mailDomain}`

/** The inbox, made when it is first asked for; nothing when its address is somebody else's. */
export const platformInbox = async (db: Db, mailDomain: string): Promise<{ id: string; organization_id: string } | undefined> => {
  const email = platformAddress(mailDomain)
  const row = await ensurePlatform(db, { organization: platformOrganization, inbox, name: platformName, email })
  return row && { id: row.id, organization_id: platformOrganization }
}
