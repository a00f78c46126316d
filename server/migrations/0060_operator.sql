-- Whose server it is: mail to postmaster@ and abuse@ goes there (RFC 5321 §4.5.1). It is marked when it is made, not found by age: when it is
-- deleted, no customer must come next in line.
alter table organizations add column operator boolean not null default false;
create unique index organizations_operator on organizations (operator) where operator;
update organizations set operator = true
where id = (select id from organizations where id <> '00000000-0000-7000-8000-000000000001' order by created_at, id limit 1)
  and name = 'First organization';
