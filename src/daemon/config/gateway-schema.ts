import { formed, integer, listOf, name, object, positive, text, variable } from './parts.ts'

const LISTENING_HOST = 'an IP address or the name of this host, without a port'

export const listenSchema = object({
  host: formed(/^[A-Za-z0-9.:_%-]+$/, LISTENING_HOST)
    .default('127.0.0.1')
    .describe('The address to listen on; `0.0.0.0` for all IPv4 addresses of the machine, `::` for all.'),
  port: integer(0, 65_535).default(11_435).describe('The port to listen on; 0 for any that is free.'),
  hosts: listOf(formed(/^[A-Za-z0-9.-]+$/, 'a host name'))
    .default([])
    .describe('Names that it is reached by besides localhost where it listens on a loopback address: those of a proxy before it.')
})

const SOURCES = ['key', 'keyEnv', 'keyFile'] as const

/** What can stand in a header, in JSON and in a shell as it is, and is too long to be guessed at once. */
export const KEY_PATTERN = /^[\x21\x23-\x5b\x5d-\x7e]{8,}$/
export const KEY_WANTED = 'at least 8 characters of printable ASCII, without blanks, quotes and backslashes'

/** A client's key, as it stands here, in the environment or in a file. */
export const keySchema = object({
  name: name().describe('Who has it: what logs and metrics call the client.'),
  key: formed(KEY_PATTERN, KEY_WANTED)
    .optional()
    .describe('The key itself, at least 8 characters. Better in the environment or a file of its own.'),
  keyEnv: variable().optional().describe('In place of `key`: the environment variable that holds it.'),
  keyFile: text().optional().describe('In place of `key`: the file that holds it, and nothing else.'),
  requestsPerMinute: integer(1).optional().describe('Most requests a minute. No limit where it is left out.')
})
  .check((context) => {
    const given = SOURCES.filter((source) => context.value[source] !== undefined)
    if (given.length === 1) return
    const message = given.length === 0 ? 'given, or keyEnv or keyFile in its place' : `left out where ${given[0]} is given`
    const field = given.at(1) ?? 'key'
    // The value is a secret: it is not repeated.
    context.issues.push({ code: 'custom', path: [field], message, input: undefined })
  })
  .meta({ oneOf: SOURCES.map((source) => ({ required: [source] })) })

export const corsSchema = object({
  origins: listOf(formed(/^(\*|https?:\/\/[^/\s]+)$/, '"*" or an origin such as https://chat.example.org'))
    .default([])
    .describe('Origins whose pages may call the API; `["*"]` for all.')
})

export const bodyLimitMb = positive(1_024).default(10).describe('Largest body of a request, MB.')
