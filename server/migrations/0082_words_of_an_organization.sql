-- Words are made by the application now (email/messages/words.ts), each with the tag of its organization; all mail is indexed anew, in the
-- background. Until that is done a search finds what was indexed already.
truncate message_words;
truncate unindexed_messages;
insert into unindexed_messages select id from messages;
