/** OpenNebula's error numbers, as its XML-RPC answers them, and two that the EC2 server makes itself. */
export const ERRNO = {
  authentication: 0x0100,
  authorization: 0x0200,
  noExists: 0x0400,
  action: 0x0800,
  xmlRpc: 0x1000,
  internal: 0x2000,
  allocate: 0x4000,
  local: 0x1111,
  wrongArgument: 0xf002,
} as const;

/** What a call of the core or of the server's own checks answers instead of a result. */
export class OneError extends Error {
  constructor(
    message: string,
    readonly errno: number = ERRNO.local,
    readonly ec2Code = 'UnsupportedOperation',
  ) {
    super(message);
  }
}

/** The HTTP status by errno; every number that the server's table does not name becomes 200. */
export function statusOf(errno: number): number {
  switch (errno) {
    case ERRNO.authentication:
      return 401;
    case ERRNO.authorization:
      return 403;
    case ERRNO.noExists:
      return 404;
    case ERRNO.action:
    case ERRNO.xmlRpc:
    case ERRNO.internal:
      return 500;
    default:
      return 200;
  }
}

/** An uncaught exception of the server: a page of HTML with status 500. */
export class Crash extends Error {}
