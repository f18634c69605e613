import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { ApiError } from './api-error.ts'

/** A name that only leads here because somebody's DNS says so is none of these. */
function isOwnName(host: string, hosts: readonly string[]): boolean {
  const hostname = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  return hosts.includes(hostname) || hostname === 'localhost' || hostname.endsWith('.localhost') || isIP(hostname) !== 0
}

/** Host of the web page that asks; undefined where it is none: editors and desktop applications have schemes of their own. */
function pageOf(origin: string): string | undefined {
  const url = URL.parse(origin)
  if (url === null) return ''
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.host : undefined
}

/**
 * Keeps web pages of others from using a gateway that needs no key, of which browsers would only hide the answer from them. Programs
 * send no Origin.
 * @param cors other origins, `*` for all @param hosts its names besides localhost; undefined for any
 * @throws ApiError 403
 */
export function checkSite(
  { host, origin }: IncomingHttpHeaders,
  { cors, hosts }: { readonly cors: readonly string[]; readonly hosts: readonly string[] | undefined }
): void {
  // A page whose name was made to lead here is of the same origin by name.
  if (hosts !== undefined && host !== undefined && !isOwnName(host, hosts))
    throw new ApiError(403, 'a gateway on this machine must be called localhost, or by its address', { code: 'forbidden_host' })
  if (origin === undefined || cors.includes('*') || cors.includes(origin)) return
  const page = pageOf(origin)
  if (page !== undefined && page !== host)
    throw new ApiError(403, 'pages of this origin may not use the gateway', { code: 'forbidden_origin' })
}
