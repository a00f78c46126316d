import { AttachmentsResource } from './generated/resources.ts'
import type { Attachment } from './generated/schemas.ts'
import type { RequestOptions } from './http.ts'

/** The endpoint of attachments, and their bytes. */
export class Attachments extends AttachmentsResource {
  /** The bytes of an attachment, by id or as it stands in a message. They came from a stranger. */
  async download(attachment: string | Pick<Attachment, 'url'>, options?: RequestOptions): Promise<Uint8Array> {
    const { url } = typeof attachment === 'string' ? await this.get(attachment, options) : attachment
    return this.http.bytes(url, options)
  }
}
