/**
 * Address fields (From, To, ...) as address structures of the IMAP ENVELOPE.
 *
 * RFC 5322 section 3.4 with the obsolete forms of section 4.4; what is broken is shown as Dovecot shows it,
 * so that clients see what they are used to: MISSING_MAILBOX, MISSING_DOMAIN, SYNTAX_ERROR and
 * INVALID_ROUTE stand where something is missing, and a text that cannot be an address ends the list.
 * Never fails, linear in the value.
 */
import type { Address } from './message-facts.ts';
import { oneLine } from './octets.ts';
import {
  atDomain,
  type Cursor,
  cursorOver,
  looseDotAtom,
  peek,
  phrase,
  quotedString,
  type Step,
  skipCfws,
} from './rfc822-lexer.ts';

/** An address while it is read. `host` may be '' (known to be missing), which is not the same as absent. */
interface Draft {
  name?: string;
  route?: string;
  mailbox?: string;
  host?: string;
}

/** The addresses of one field's value, groups flattened with their markers (RFC 3501 section 7.4.2). At
 * most `addressesMax` structures; the rest of the list is left out. */
export function parseAddressList(value: string, addressesMax: number): readonly Address[] {
  const found: Address[] = [];
  const cursor = cursorOver(value);
  if (skipCfws(cursor) !== 'more') return found;
  while (found.length < addressesMax) {
    const step = parseGroup(cursor, found, addressesMax) ?? parseMailbox(cursor, found);
    if (step === 'end' || peek(cursor) !== ',') break;
    cursor.at += 1;
    const next = skipCfws(cursor);
    if (next === 'broken') found.push(finished({}));
    if (next !== 'more') break;
  }
  return found.length > addressesMax ? found.slice(0, addressesMax) : found;
}

/** display-name ":" [mailbox-list] ";" or undefined, with the cursor where it was, when it is no group. */
function parseGroup(cursor: Cursor, found: Address[], addressesMax: number): Step | undefined {
  const start = cursor.at;
  cursor.word = '';
  if (phrase(cursor) !== 'more' || peek(cursor) !== ':') {
    cursor.at = start;
    return undefined;
  }
  cursor.at += 1;
  found.push({ mailbox: cursor.word });
  let step = skipCfws(cursor);
  if (step === 'more' && peek(cursor) !== ';') {
    while (found.length < addressesMax) {
      parseMailbox(cursor, found);
      if (peek(cursor) !== ',') break;
      cursor.at += 1;
      if (skipCfws(cursor) !== 'more') {
        step = 'broken';
        break;
      }
    }
  }
  if (step !== 'broken' && peek(cursor) === ';') {
    cursor.at += 1;
    step = skipCfws(cursor);
  } else step = 'broken';
  found.push({});
  return step === 'end' ? 'end' : 'more';
}

function parseMailbox(cursor: Cursor, found: Address[]): Step {
  const start = cursor.at;
  const named: Draft = {};
  const step = parseNameAddr(cursor, named);
  if (step !== undefined) {
    found.push(finished(named));
    return step;
  }
  cursor.at = start;
  const bare: Draft = {};
  const bareStep = parseAddrSpec(cursor, bare);
  found.push(finished(bare));
  return bareStep;
}

/** [display-name] "<" ... ">", or undefined when there is no "<" after the phrase. */
function parseNameAddr(cursor: Cursor, draft: Draft): Step | undefined {
  cursor.word = '';
  if (phrase(cursor) !== 'more' || peek(cursor) !== '<') return undefined;
  if (cursor.word !== '') draft.name = cursor.word;
  if (parseAngleAddr(cursor, draft) === 'broken') draft.host = 'SYNTAX_ERROR';
  return cursor.at < cursor.text.length ? 'more' : 'end';
}

/** "<" [ "@" route ":" ] local-part [ "@" domain ] ">" */
function parseAngleAddr(cursor: Cursor, draft: Draft): Step {
  cursor.at += 1;
  if (skipCfws(cursor) !== 'more') return 'broken';
  if (peek(cursor) === '@') {
    if (parseRoute(cursor, draft) && peek(cursor) === ':') cursor.at += 1;
    else draft.route = 'INVALID_ROUTE';
    if (skipCfws(cursor) !== 'more') return 'broken';
  }
  if (peek(cursor) !== '>') {
    if (parseLocalPart(cursor, draft) !== 'more') return 'broken';
    if (peek(cursor) === '@' && parseDomain(cursor, draft) !== 'more') return 'broken';
  }
  if (peek(cursor) !== '>') return 'broken';
  cursor.at += 1;
  return skipCfws(cursor);
}

/** obs-domain-list (RFC 5322 section 4.4): "@a,@b" up to what is no longer one. */
function parseRoute(cursor: Cursor, draft: Draft): boolean {
  cursor.word = '';
  while (peek(cursor) === '@') {
    cursor.word += cursor.word === '' ? '@' : ',@';
    if (atDomain(cursor) !== 'more') return false;
    while (skipCfws(cursor) === 'more' && peek(cursor) === ',') cursor.at += 1;
  }
  if (cursor.at >= cursor.text.length) return false;
  draft.route = cursor.word;
  return true;
}

function parseLocalPart(cursor: Cursor, draft: Draft): Step {
  cursor.word = '';
  const step = peek(cursor) === '"' ? quotedString(cursor) : looseDotAtom(cursor);
  if (step !== 'broken') draft.mailbox = cursor.word;
  return step;
}

function parseDomain(cursor: Cursor, draft: Draft): Step {
  cursor.word = '';
  const step = atDomain(cursor);
  if (step !== 'broken') draft.host = cursor.word;
  return step;
}

/** local-part "@" domain, the name in a comment behind it, as mail before RFC 822 had it. */
function parseAddrSpec(cursor: Cursor, draft: Draft): Step {
  cursor.comment = '';
  const quoted = peek(cursor) === '"';
  const localStep = parseLocalPart(cursor, draft);
  const hasDomain = localStep !== 'end' && peek(cursor) === '@';
  let step = localStep;
  if (hasDomain) {
    const domainStep = parseDomain(cursor, draft);
    if (domainStep !== 'more') step = domainStep;
  }
  if (cursor.comment !== '') {
    draft.name = cursor.comment;
    return step;
  }
  if (hasDomain) return step;
  // One word alone is a mailbox without a domain; a quoted string or several words are a display name
  // without an address.
  const before = cursor.word.length + 1;
  cursor.word += ' ';
  phrase(cursor);
  if (cursor.word.length > before) {
    draft.name = cursor.word;
    delete draft.mailbox;
  } else if (quoted && draft.mailbox !== undefined) {
    draft.name = draft.mailbox;
    delete draft.mailbox;
  }
  return 'broken';
}

function finished(draft: Draft): Address {
  return {
    ...(draft.name === undefined ? {} : { name: oneLine(draft.name) }),
    ...(draft.route === undefined ? {} : { route: draft.route }),
    mailbox: draft.mailbox ?? 'MISSING_MAILBOX',
    host: draft.host === undefined || draft.host === '' ? 'MISSING_DOMAIN' : draft.host,
  };
}
