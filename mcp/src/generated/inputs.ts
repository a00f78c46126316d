// Printed from the code by `npm run docs`. Edit mcp/src/catalogue.ts or the operations it names instead.

/** JSON Schema of each tool's input. */
export const inputs: Record<keyof typeof import('../catalogue.ts').catalogue, object> = {
  "send_email": {
    "type": "object",
    "properties": {
      "inbox_id": {
        "type": "string",
        "description": "Id of the inbox, or its address."
      },
      "to": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "cc": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "bcc": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "reply_to": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "subject": {
        "type": "string"
      },
      "text": {
        "type": "string",
        "maxLength": 5000000,
        "description": "Plain text body."
      },
      "html": {
        "type": "string",
        "maxLength": 5000000,
        "description": "HTML body."
      },
      "headers": {
        "type": "object",
        "patternProperties": {
          "^.*$": {
            "type": "string"
          }
        },
        "description": "Further headers, such as X-Campaign."
      },
      "track_opens": {
        "anyOf": [
          {
            "type": "boolean"
          },
          {
            "type": "string",
            "const": "if_subscribed"
          }
        ],
        "description": "Put a pixel into the HTML; when it is first loaded there is an event message.opened. if_subscribed: when a webhook of yours names that event."
      },
      "automatic": {
        "type": "boolean",
        "description": "No person asked for this mail: it says so to other machines (Auto-Submitted, RFC 3834), and they do not answer it. Default false."
      },
      "attachments": {
        "type": "array",
        "items": {
          "type": "object",
          "required": [
            "filename",
            "content"
          ],
          "properties": {
            "filename": {
              "type": "string",
              "minLength": 1,
              "maxLength": 255
            },
            "content": {
              "type": "string",
              "description": "The bytes in base64."
            },
            "content_type": {
              "type": "string",
              "maxLength": 200,
              "description": "Media type, default application/octet-stream."
            },
            "content_id": {
              "type": "string",
              "maxLength": 200,
              "description": "Set it to show the file inside the HTML as cid:…"
            }
          },
          "additionalProperties": false
        },
        "description": "At most 5 of 10 MB each."
      }
    },
    "required": [
      "to",
      "subject"
    ],
    "additionalProperties": false
  },
  "check_inbox": {
    "type": "object",
    "properties": {
      "inbox_id": {
        "type": "string",
        "description": "Id of the inbox, or its address."
      },
      "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "How many at most (default 20)."
      },
      "cursor": {
        "type": "string",
        "maxLength": 64,
        "description": "next_cursor of the page before."
      },
      "offset": {
        "type": "integer",
        "minimum": 0,
        "maximum": 10000000,
        "description": "Skip so many; instead of a cursor."
      },
      "direction": {
        "type": "string",
        "enum": [
          "inbound",
          "outbound"
        ]
      },
      "status": {
        "type": "string",
        "maxLength": 20
      },
      "created_after": {
        "type": "string",
        "maxLength": 40,
        "description": "Only later ones.",
        "examples": [
          "2026-01-31",
          "2026-01-31T12:00:00Z"
        ]
      },
      "created_before": {
        "type": "string",
        "maxLength": 40,
        "description": "Only earlier ones.",
        "examples": [
          "2026-01-31",
          "2026-01-31T12:00:00Z"
        ]
      }
    },
    "additionalProperties": false
  },
  "read_message": {
    "type": "object",
    "properties": {
      "message_id": {
        "type": "string"
      },
      "full": {
        "type": "boolean",
        "description": "The whole text, quoted history included."
      },
      "offset": {
        "type": "integer",
        "minimum": 0,
        "description": "Go on with a long text from this character."
      }
    },
    "required": [
      "message_id"
    ],
    "additionalProperties": false
  },
  "reply_to_email": {
    "type": "object",
    "properties": {
      "inbox_id": {
        "type": "string",
        "description": "Id of the inbox, or its address."
      },
      "message_id": {
        "type": "string",
        "description": "The message that is answered."
      },
      "reply_all": {
        "type": "boolean",
        "description": "Answer everybody it went to, not only its sender."
      },
      "cc": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "bcc": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "array",
            "items": {
              "type": "string"
            },
            "maxItems": 50
          }
        ],
        "description": "One address or a list; \"Name <a@b.c>\" works too."
      },
      "text": {
        "type": "string",
        "maxLength": 5000000,
        "description": "Plain text body."
      },
      "html": {
        "type": "string",
        "maxLength": 5000000,
        "description": "HTML body."
      },
      "headers": {
        "type": "object",
        "patternProperties": {
          "^.*$": {
            "type": "string"
          }
        },
        "description": "Further headers, such as X-Campaign."
      },
      "track_opens": {
        "anyOf": [
          {
            "type": "boolean"
          },
          {
            "type": "string",
            "const": "if_subscribed"
          }
        ],
        "description": "Put a pixel into the HTML; when it is first loaded there is an event message.opened. if_subscribed: when a webhook of yours names that event."
      },
      "automatic": {
        "type": "boolean",
        "description": "No person asked for this mail: it says so to other machines (Auto-Submitted, RFC 3834), and they do not answer it. Default false."
      },
      "attachments": {
        "type": "array",
        "items": {
          "type": "object",
          "required": [
            "filename",
            "content"
          ],
          "properties": {
            "filename": {
              "type": "string",
              "minLength": 1,
              "maxLength": 255
            },
            "content": {
              "type": "string",
              "description": "The bytes in base64."
            },
            "content_type": {
              "type": "string",
              "maxLength": 200,
              "description": "Media type, default application/octet-stream."
            },
            "content_id": {
              "type": "string",
              "maxLength": 200,
              "description": "Set it to show the file inside the HTML as cid:…"
            }
          },
          "additionalProperties": false
        },
        "description": "At most 5 of 10 MB each."
      }
    },
    "required": [
      "message_id"
    ],
    "additionalProperties": false
  },
  "wait_for_email": {
    "type": "object",
    "properties": {
      "inbox_id": {
        "type": "string",
        "description": "Id of the inbox, or its address."
      },
      "from": {
        "type": "string",
        "maxLength": 254,
        "description": "Part of the sender’s address."
      },
      "subject": {
        "type": "string",
        "maxLength": 500,
        "description": "Part of the subject."
      },
      "thread_id": {
        "type": "string",
        "description": "Only in this thread: wait for a reply."
      },
      "after": {
        "type": "string",
        "maxLength": 40,
        "description": "Id of a message: only mail that was filed after it. Give that of the mail you were answered with, or that you sent, and no mail is answered twice and none is left out."
      },
      "since": {
        "type": "string",
        "maxLength": 40,
        "description": "Only mail that arrived from then on. Default: one minute ago, or without bound when `after` is given.",
        "examples": [
          "2026-01-31",
          "2026-01-31T12:00:00Z"
        ]
      },
      "timeout": {
        "type": "integer",
        "minimum": 0,
        "maximum": 55,
        "description": "Seconds to wait at most, default 30."
      }
    },
    "additionalProperties": false
  },
  "list_inboxes": {
    "type": "object",
    "properties": {
      "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "How many at most (default 20)."
      },
      "cursor": {
        "type": "string",
        "maxLength": 64,
        "description": "next_cursor of the page before."
      }
    },
    "additionalProperties": false
  },
  "create_inbox": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "description": "Display name; it stands before the address in From."
      },
      "email": {
        "type": "string",
        "maxLength": 254,
        "description": "At a verified domain of yours or at the mail domain of this server. Left out: one is made up."
      }
    },
    "additionalProperties": false
  },
  "search_messages": {
    "type": "object",
    "properties": {
      "query": {
        "type": "string",
        "minLength": 1,
        "maxLength": 500,
        "description": "Words, or their beginning (three letters or more), without case and accents, in singular or plural; an address, a domain or a file name; \"quoted phrases\", or, and -without work as in a web search."
      },
      "inbox_id": {
        "type": "string",
        "description": "Id of the inbox, or its address."
      },
      "fields": {
        "type": "array",
        "items": {
          "type": "string",
          "enum": [
            "subject",
            "from",
            "attachments",
            "body"
          ]
        },
        "minItems": 1,
        "description": "Where to look; attachments: the names of files. Default: everywhere."
      },
      "date_from": {
        "type": "string",
        "maxLength": 40,
        "description": "From this date or time on.",
        "examples": [
          "2026-01-31",
          "2026-01-31T12:00:00Z"
        ]
      },
      "date_to": {
        "type": "string",
        "maxLength": 40,
        "description": "Up to this time, or to the end of this date.",
        "examples": [
          "2026-01-31",
          "2026-01-31T12:00:00Z"
        ]
      },
      "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "How many at most (default 20)."
      },
      "cursor": {
        "type": "string",
        "maxLength": 64,
        "description": "next_cursor of the page before."
      }
    },
    "required": [
      "query"
    ],
    "additionalProperties": false
  }
}
