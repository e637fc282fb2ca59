#!/usr/bin/env python3
"""The account finds what is wrong: a correct store passes, each way of spoiling it does not."""

import shutil
import tempfile
import unittest

from account import Account

SECRET = 'whsec_' + 'b3BzLXJlbGlhYmlsaXR5LXRlc3Qtc2VjcmV0LTAx'
KEY = '2026/11/21/08/01a1fd52-4a70-70d7-a727-f7a1598be5{:02x}.ndjson'


def record(request, record_id):
    return (f'{{"id":"{record_id}","accepted_at":"2026-11-21T08:15:30.123Z","data":'.encode() +
            request.data + b'}\n')


class AccountTest(unittest.TestCase):
    """Ten accepted requests, two to an object, and one whose answer was lost."""

    def setUp(self):
        directory = tempfile.mkdtemp(prefix='ops-account-')
        self.addCleanup(shutil.rmtree, directory)
        self.account = Account(7, SECRET, directory)
        self.addCleanup(self.account.close)
        self.requests = []
        while len(self.requests) < 10:
            request = self.account.new_request()
            self.account.attempt(request)
            if request.is_refused:
                self.account.answer(request, 401, b'')
            else:
                self.requests.append(request)
        self.lost = self.account.new_request()
        while self.lost.is_refused:
            self.lost = self.account.new_request()
        self.account.attempt(self.lost)
        self.account.answer(self.lost, None, b'')
        self.store = {}
        for place, request in enumerate(self.requests):
            key = KEY.format(place // 2)
            body = f'{{"id":"id{place}","object":"{key}"}}'.encode()
            self.account.answer(request, 200, body)
            self.store[key] = self.store.get(key, b'') + record(request, f'id{place}')

    def assert_found(self, rule):
        wrong = self.account.reconcile(self.store)
        self.assertTrue([w for w in wrong if w.startswith(rule)], f'{rule} not among {wrong}')

    def test_correct_store_passes(self):
        self.assertEqual(self.account.reconcile(self.store), [])

    def test_lost_answer_may_have_been_an_acceptance_once(self):
        self.store[KEY.format(9)] = record(self.lost, 'lost')
        self.assertEqual(self.account.reconcile(self.store), [])
        self.store[KEY.format(9)] += record(self.lost, 'lost again')
        self.assert_found('(4)')

    def test_retry_across_a_restart_may_be_in_two_objects(self):
        request = self.requests[0]
        self.account.attempt(request)
        self.account.answer(request, None, b'')
        self.store[KEY.format(9)] = record(request, 'id0')
        self.assertEqual(self.account.reconcile(self.store), [])

    def test_lost_object(self):
        del self.store[KEY.format(0)]
        self.assert_found('(1)')

    def test_lost_record(self):
        self.store[KEY.format(0)] = record(self.requests[0], 'id0')
        self.assert_found('(1)')

    def test_record_in_another_object(self):
        self.store[KEY.format(0)] = record(self.requests[0], 'id0')
        self.store[KEY.format(9)] = record(self.requests[1], 'id1')
        self.assert_found('(1)')

    def test_duplicate_object(self):
        self.store[KEY.format(9)] = self.store[KEY.format(0)]
        self.assert_found('(1)')

    def test_duplicate_record_in_its_object(self):
        self.store[KEY.format(0)] += record(self.requests[0], 'id0')
        self.assert_found('(1)')

    def test_duplicate_under_another_id(self):
        self.store[KEY.format(9)] = record(self.requests[0], 'other')
        self.assert_found('(1)')

    def test_two_records_under_each_others_ids(self):
        self.store[KEY.format(0)] = (record(self.requests[0], 'id1') +
                                     record(self.requests[1], 'id0'))
        self.assert_found('(1)')

    def test_other_bytes(self):
        key = KEY.format(0)
        self.store[key] = self.store[key].replace(b'"a":null', b'"a" :null', 1)
        self.assert_found('(2)')

    def test_unknown_record(self):
        stranger = self.account.new_request()
        self.store[KEY.format(9)] = record(stranger, 'stranger')
        self.assert_found('(3)')

    def test_torn_object(self):
        self.store[KEY.format(0)] = self.store[KEY.format(0)][:-10]
        self.assert_found('(3)')

    def test_object_under_another_name(self):
        self.store['elsewhere'] = self.store.pop(KEY.format(0))
        self.assert_found('(3)')

    def test_refused_request_that_is_stored(self):
        refused = self.account.new_request()
        while not refused.is_refused:
            refused = self.account.new_request()
        self.account.attempt(refused)
        self.account.answer(refused, 401, b'')
        self.store[KEY.format(9)] = record(refused, 'refused')
        self.assert_found('(4)')


if __name__ == '__main__':
    unittest.main()
