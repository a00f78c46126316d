#!/usr/bin/env node
/** `pennypost-mcp`: MCP over stdin and stdout. Only the protocol goes to stdout. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import Pennypost from 'pennypost'
import { createMcpServer } from './mcp-server.ts'

if (!process.env.PENNYPOST_API_KEY && !process.env.MAILBOXKIT_API_KEY) {
  console.error(
    'pennypost-mcp: set PENNYPOST_API_KEY (and PENNYPOST_BASE_URL, PENNYPOST_INBOX_ID) in the settings of your MCP client.',
  )
  process.exit(1)
}
await createMcpServer(new Pennypost()).connect(new StdioServerTransport())
