import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from './support/imap-client.ts';
import { textOf } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

/** Name and attributes of each mailbox that was listed. */
function listed(answer: Answer, response = 'LIST'): string[] {
  return answer.data(response).map(({ values }) => {
    const [attributes, , name] = values;
    assert.ok(attributes?.kind === 'list');
    return [textOf(name), ...attributes.items.map((each) => textOf(each))].join(' ');
  });
}

describe('mailbox names', () => {
  it('are made, listed, renamed and deleted, with children and special uses', async (t) => {
    const { login } = await startImap(t);
    const client = await login();
    assert.equal((await client.command('CREATE Work/2024/')).status, 'OK');
    assert.equal((await client.command('CREATE "Work/2024"')).status, 'NO [ALREADYEXISTS]');
    assert.equal((await client.command('CREATE inbox')).status, 'NO [ALREADYEXISTS]');
    assert.equal((await client.command('CREATE INBOX/Lists')).status, 'OK');
    assert.equal((await client.command('CREATE Entw&APw-rfe')).status, 'OK');
    assert.deepEqual(listed(await client.command('LIST "" *')), [
      'Drafts \\HasNoChildren \\Drafts',
      'Entw&APw-rfe \\HasNoChildren',
      'INBOX \\HasChildren',
      'INBOX/Lists \\HasNoChildren',
      'Sent \\HasNoChildren \\Sent',
      'Trash \\HasNoChildren \\Trash',
      'Work \\HasChildren',
      'Work/2024 \\HasNoChildren',
    ]);
    assert.deepEqual(listed(await client.command('LIST "" %')).length, 6);
    assert.deepEqual(listed(await client.command('LIST Work/ %')), ['Work/2024 \\HasNoChildren']);
    assert.deepEqual(listed(await client.command('LIST "" ""')), [' \\Noselect']);
    assert.deepEqual(listed(await client.command('LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE)')).length, 3);
    assert.equal((await client.command('LIST (SUBSCRIBED) "" *')).reply.status, 'BAD');

    assert.equal((await client.command('RENAME Work Play/Ground')).status, 'OK');
    assert.deepEqual(listed(await client.command('LIST "" Play*')), [
      'Play \\HasChildren',
      'Play/Ground \\HasChildren',
      'Play/Ground/2024 \\HasNoChildren',
    ]);
    assert.equal((await client.command('RENAME Play Play/Below')).status, 'NO [CANNOT]');
    assert.equal((await client.command('RENAME Play Sent')).status, 'NO [ALREADYEXISTS]');
    assert.equal((await client.command('RENAME Nothing Else')).status, 'NO [NONEXISTENT]');

    assert.equal((await client.command('DELETE Play/Ground')).status, 'OK');
    assert.deepEqual(listed(await client.command('LIST "" Play/Ground')), [
      'Play/Ground \\HasChildren \\Noselect',
    ]);
    assert.equal((await client.command('SELECT Play/Ground')).status, 'NO [CANNOT]');
    assert.equal((await client.command('DELETE Play/Ground')).status, 'NO [HASCHILDREN]');
    assert.equal((await client.command('CREATE Play/Ground')).status, 'OK');
    assert.equal((await client.command('SELECT Play/Ground')).status, 'OK [READ-WRITE]');
    assert.equal((await client.command('DELETE INBOX')).status, 'NO [CANNOT]');
    assert.equal((await client.command('DELETE Nothing')).status, 'NO [NONEXISTENT]');
  });

  it('can be refused, and a special use given once', async (t) => {
    const { login } = await startImap(t);
    const client = await login();
    for (const name of ['"a//b"', '"a*b"', '"a%"', '&bad', `"${'x'.repeat(1001)}"`, '"/a"', '""']) {
      assert.equal((await client.command(`CREATE ${name}`)).status, 'NO [CANNOT]', name);
    }
    assert.equal((await client.command('CREATE Old (USE (\\Archive))')).status, 'OK');
    assert.equal((await client.command('CREATE Older (USE (\\Archive))')).status, 'NO [USEATTR]');
    assert.equal((await client.command('CREATE Every (USE (\\All))')).status, 'NO [USEATTR]');
    assert.deepEqual(listed(await client.command('LIST "" Old')), ['Old \\HasNoChildren \\Archive']);
  });

  it('are subscribed to whether or not they exist', async (t) => {
    const { login, mailboxes } = await startImap(t);
    const client = await login();
    assert.equal((await client.command('SUBSCRIBE Later/On')).status, 'OK');
    assert.equal((await client.command('SUBSCRIBE Later/On')).status, 'OK');
    assert.equal(
      [...mailboxes.state('alice').subscriptions.values()].filter(
        (each) => 'path' in each && each.path === 'Later/On',
      ).length,
      1,
    );
    assert.deepEqual(listed(await client.command('LSUB "" Later*'), 'LSUB'), ['Later/On \\Noselect']);
    assert.deepEqual(listed(await client.command('LSUB "" Later%'), 'LSUB'), ['Later \\Noselect']);
    assert.ok(
      listed(await client.command('LIST "" * RETURN (SUBSCRIBED)')).every((each) =>
        each.includes('Subscribed'),
      ),
    );
    assert.equal((await client.command('UNSUBSCRIBE Later/On')).status, 'OK');
    assert.equal((await client.command('UNSUBSCRIBE Later/On')).status, 'NO [NONEXISTENT]');
    assert.deepEqual(listed(await client.command('LSUB "" Later*'), 'LSUB'), []);
  });

  it('that were erased show as numbers', async (t) => {
    const { login, mailboxes } = await startImap(t);
    const client = await login();
    await client.command('LIST "" *');
    mailboxes.eraseLabels('alice');
    assert.deepEqual(
      listed(await client.command('LIST "" *')).map((each) => each.split(' ')[0]),
      ['INBOX', 'erased-2', 'erased-3', 'erased-4'],
    );
    assert.equal((await client.command('SELECT erased-3')).status, 'OK [READ-WRITE]');
    assert.deepEqual((await client.command('LSUB "" *')).data('LSUB'), []);
  });

  it('are looked up again when another session changed them meanwhile', async (t) => {
    const { login, mailboxes } = await startImap(t);
    const client = await login();
    let races = 2;
    mailboxes.before = (call) => {
      if (call !== 'execute' || races === 0) return;
      races -= 1;
      mailboxes.execute('alice', {
        type: 'CreateFolders',
        parentId: null,
        path: [`Other ${races}`],
        foldersAsOf: mailboxes.state('alice').foldersRevision,
      });
    };
    assert.equal((await client.command('CREATE Mine')).status, 'OK');
    races = 1000;
    assert.equal((await client.command('CREATE Never')).status, 'NO [INUSE]');
  });

  it('of INBOX: renaming it moves its messages', async (t) => {
    const { login, mailboxes } = await startImap(t);
    mailboxes.deliver('alice', 'Subject: a\r\n\r\n');
    const client = await login();
    assert.equal((await client.command('RENAME INBOX Old')).status, 'OK');
    assert.match((await client.command('STATUS Old (MESSAGES)')).octets, /"MESSAGES"[^}]*\},\{[^}]*"1"/);
    assert.match((await client.command('STATUS INBOX (MESSAGES)')).octets, /"MESSAGES"[^}]*\},\{[^}]*"0"/);
  });
});

describe('STATUS, NAMESPACE, ID and ENABLE', () => {
  it('answer what they are asked', async (t) => {
    const { login, mailboxes, sessions } = await startImap(t);
    mailboxes.deliver('alice', '12345');
    const client = await login();
    const status = await client.command(
      'STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN SIZE APPENDLIMIT)',
    );
    const [name, values] = status.data('STATUS')[0]?.values ?? [];
    assert.equal(textOf(name), 'INBOX');
    assert.ok(values?.kind === 'list');
    const texts = values.items.map((each) => textOf(each));
    texts.splice(7, 1);
    assert.deepEqual(
      texts.join(' '),
      'MESSAGES 1 RECENT 1 UIDNEXT 2 UIDVALIDITY UNSEEN 1 SIZE 5 APPENDLIMIT 52428800',
    );
    assert.equal((await client.command('STATUS Nowhere (MESSAGES)')).status, 'NO [NONEXISTENT]');
    assert.equal((await client.command('STATUS INBOX (HIGHESTMODSEQ)')).reply.status, 'BAD');
    assert.match((await client.command('NAMESPACE')).octets, /"NAMESPACE".*"\/".*nil.*nil/);
    assert.deepEqual((await client.command('ENABLE CONDSTORE')).data('ENABLED')[0]?.values, []);
    assert.match((await client.command('ID ("name" "Mail" "version" NIL)')).octets, /Chancery/);
    assert.deepEqual(sessions[0]?.facts.at(-1), {
      type: 'ClientIdentified',
      verb: 'ID',
      name: 'name=Mail; version=NIL',
    });
  });
});
