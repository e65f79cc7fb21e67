"""Adds conversations without events to a V0 file store, made within the last days: make_conversations.py ROOT N."""
import datetime, json, os, random, sys
root, n = sys.argv[1], int(sys.argv[2])
rnd = random.Random(7)
now = datetime.datetime.now(datetime.timezone.utc)
for i in range(n):
    cid = f'{rnd.getrandbits(128):032x}'
    made = now - datetime.timedelta(seconds=rnd.uniform(60, 9 * 86400))
    stamp = lambda t: t.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
    os.makedirs(f'{root}/sessions/{cid}')
    with open(f'{root}/sessions/{cid}/metadata.json', 'w') as f:
        json.dump({'conversation_id': cid, 'selected_repository': None, 'user_id': None, 'selected_branch': None, 'git_provider': None,
                   'title': f'Conversation number {i}', 'last_updated_at': stamp(made), 'trigger': 'gui', 'pr_number': [],
                   'created_at': stamp(made), 'llm_model': None, 'accumulated_cost': 0.0123, 'prompt_tokens': 4567,
                   'completion_tokens': 890, 'total_tokens': 5457, 'sandbox_id': None, 'conversation_version': None}, f, separators=(',', ':'))
print(cid)
