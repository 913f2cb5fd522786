"""Python's smtplib, imaplib and poplib against a server: argv are the ports of submission, IMAP and POP3, and the password."""
import imaplib
import poplib
import smtplib
import ssl
import sys
import time

submission, imap_port, pop3_port = (int(each) for each in sys.argv[1:4])
password = sys.argv[4]
alice, bob = "alice@example.test", "bob@example.test"
unverified = ssl._create_unverified_context()
body = "Zeile \u00e4\r\n.dot at the start\r\n..two\r\n".encode("utf-8")


def expect(what, condition):
    if not condition:
        sys.exit(f"failed: {what}")


with smtplib.SMTP("127.0.0.1", submission) as smtp:
    smtp.starttls(context=unverified)
    smtp.login(alice, password)
    for n in range(5):
        head = f"From: {alice}\r\nTo: {bob}\r\nSubject: python {n}\r\n\r\n".encode()
        smtp.sendmail(alice, [bob], head + body, mail_options=["BODY=8BITMIME"])
    try:
        smtp.sendmail("mallory@example.test", [bob], b"x")
        sys.exit("failed: a sender of somebody else was taken")
    except smtplib.SMTPSenderRefused as refused:
        expect("sender refusal", refused.smtp_code in (550, 553))

imap = imaplib.IMAP4("127.0.0.1", imap_port)
imap.starttls(ssl_context=unverified)
imap.login(bob, password)
for _ in range(100):
    count = int(imap.select()[1][0])
    if count >= 5:
        break
    time.sleep(0.1)
expect("five messages", count == 5)
expect("search", imap.search(None, "SUBJECT", '"python 3"')[1] == [b"4"])
octets = imap.fetch("2", "(BODY.PEEK[TEXT])")[1][0][1]
expect("content byte for byte", octets == body)
imap.store("1:2", "+FLAGS", "(\\Flagged $Work)")
expect("flagged", imap.search(None, "FLAGGED")[1] == [b"1 2"])
expect("copy", imap.copy("1:3", "Archive")[0] == "OK")
expect("archive", b"MESSAGES 3" in imap.status("Archive", "(MESSAGES)")[1][0])
expect("append", imap.append("Sent", "(\\Seen)", '"01-Feb-2024 03:04:05 +0130"', b"Subject: a\r\n\r\nb\r\n")[0] == "OK")
imap.select("Sent")
expect("internal date", b'-Feb-2024 03:04:05 +0130"' in imap.fetch("1", "(INTERNALDATE)")[1][0])
imap.select()
imap.store("5", "+FLAGS", "\\Deleted")
expect("expunge", imap.expunge()[1] == [b"5"])
expect("create", imap.create("Projects/2026")[0] == "OK")
expect("list", any(b"Projects/2026" in line for line in imap.list()[1]))
imap.logout()

pop3 = poplib.POP3("127.0.0.1", pop3_port)
pop3.stls(context=unverified)
pop3.user(bob)
pop3.pass_(password)
expect("stat", pop3.stat()[0] == 4)
lines = pop3.retr(1)[1]
expect("retr", lines[-3:] == [line for line in body.split(b"\r\n")[:3]])
expect("top", pop3.top(1, 1)[1][-1] == body.split(b"\r\n")[0])
pop3.dele(1)
pop3.quit()
pop3 = poplib.POP3("127.0.0.1", pop3_port)
pop3.user(bob)
pop3.pass_(password)
expect("deleted at quit", pop3.stat()[0] == 3)
pop3.quit()
print("ok")
