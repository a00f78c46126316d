-- Serial numbers of barcodes come from sequences: nobody waits for another's transaction, and a number that is lost does no harm. The
-- sandbox has its own, so that it uses up none of the real ones.
create sequence live_piece_serials minvalue 0 start 0;
create sequence test_piece_serials minvalue 0 start 0;
select setval('live_piece_serials', coalesce(max(next), 0), false) from piece_serials;
drop table piece_serials;
