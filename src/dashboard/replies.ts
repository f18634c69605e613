import type { IncomingMessage, ServerResponse } from 'node:http'

/** Nothing comes from elsewhere, nothing is framed, nothing is guessed. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin'
} as const

export interface Reply {
  readonly type: string
  readonly body: string | Buffer
  readonly etag?: string
}

export function writeHead(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'cache-control': 'no-cache', ...headers })
}

/** Answers GET and HEAD; with an etag also whether what the client has is still right. */
export function send(request: IncomingMessage, response: ServerResponse, { type, body, etag }: Reply, status = 200): void {
  const tag: Readonly<Record<string, string>> = etag === undefined ? {} : { etag }
  if (etag !== undefined && request.headers['if-none-match'] === etag) {
    writeHead(response, 304, tag)
    response.end()
    return
  }
  writeHead(response, status, { 'content-type': type, 'content-length': String(Buffer.byteLength(body)), ...tag })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function sendJson(request: IncomingMessage, response: ServerResponse, value: unknown, status = 200): void {
  send(request, response, { type: 'application/json; charset=utf-8', body: JSON.stringify(value) }, status)
}

export function sendError(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  sendJson(request, response, { error: { message } }, status)
}
