
import django.db.models.deletion
import loyalty.models.account
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('members', '0001_initial'),
        ('stores', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE loyalty_entry_id_seq AS bigint",
            "DROP SEQUENCE loyalty_entry_id_seq",
        ),
        migrations.CreateModel(
            name='Consume',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'lot_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('entry_id', models.BigIntegerField()),
                ('lot_id', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Program',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points_per_yuan', models.DecimalField(decimal_places=4, default=1, max_digits=8, verbose_name='points per yuan')),
                ('growth_per_yuan', models.DecimalField(decimal_places=4, default=1, max_digits=8, verbose_name='growth value per yuan')),
                ('points_valid_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='days points stay valid')),
                ('brand', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='program', to='stores.brand')),
            ],
        ),
        migrations.CreateModel(
            name='CouponTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                ('kind', models.CharField(choices=[('amount', 'Amount off'), ('percent', 'Percent off')], max_length=8, verbose_name='kind')),
                ('value', models.DecimalField(decimal_places=2, max_digits=8, verbose_name='value')),
                ('threshold', models.DecimalField(decimal_places=2, default=0, max_digits=10, verbose_name='from an order of')),
                ('valid_days', models.PositiveSmallIntegerField(default=30, verbose_name='days valid')),
                ('stock', models.PositiveIntegerField(blank=True, null=True, verbose_name='stock')),
                ('is_welcome', models.BooleanField(default=False, verbose_name='given on joining')),
                ('is_live', models.BooleanField(default=True, verbose_name='live')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupon_templates', to='loyalty.program')),
            ],
        ),
        migrations.CreateModel(
            name='Book',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('asset', models.CharField(choices=[('points', 'Points'), ('growth', 'Growth value')], max_length=8)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='books', to='loyalty.program')),
            ],
        ),
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveSmallIntegerField(verbose_name='rank')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=40, verbose_name='English name')),
                ('threshold', models.BigIntegerField(verbose_name='growth value needed')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tiers', to='loyalty.program')),
            ],
            options={
                'ordering': ['program', 'rank'],
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('pk', models.CompositePrimaryKey('member_id', 'program_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
                ('joined_at', models.DateTimeField()),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='members.member')),
                ('program', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.program')),
                ('tier', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='loyalty.tier')),
            ],
        ),
        migrations.CreateModel(
            name='TierChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('growth', models.BigIntegerField()),
                ('reason', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('after', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.tier')),
                ('before', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.tier')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='tier_changes', to='members.member')),
                ('program', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.program')),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('pk', models.CompositePrimaryKey('member_id', 'book_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('balance', models.BigIntegerField(default=0)),
                ('earned', models.BigIntegerField(default=0)),
                ('spent', models.BigIntegerField(default=0)),
                ('expired', models.BigIntegerField(default=0)),
                ('debt', models.BigIntegerField(default=0)),
                ('version', models.IntegerField(default=0)),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='members.member')),
                ('book', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.book')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('balance__gte', 0)), name='account_never_negative'), models.CheckConstraint(condition=models.Q(('debt__gte', 0)), name='account_debt_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(db_collation='C', max_length=12, unique=True)),
                ('source', models.CharField(max_length=40)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='members.member')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='loyalty.coupontemplate')),
            ],
            options={
                'indexes': [models.Index(fields=['member', 'expires_at'], name='loyalty_cou_member__699c61_idx')],
                'constraints': [models.UniqueConstraint(fields=('template', 'member', 'source'), name='coupon_once_per_source')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('pk', models.CompositePrimaryKey('member_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', models.BigIntegerField(db_default=loyalty.models.account.NextEntryId())),
                ('kind', models.CharField(choices=[('earn', 'Earned'), ('spend', 'Spent'), ('expire', 'Expired'), ('adjust', 'Adjusted'), ('reverse', 'Reversed'), ('open', 'Opening balance')], max_length=8)),
                ('amount', models.BigIntegerField()),
                ('balance_after', models.BigIntegerField()),
                ('idem', models.CharField(db_collation='C', max_length=120)),
                ('ref_type', models.CharField(blank=True, max_length=12)),
                ('ref_id', models.BigIntegerField(null=True)),
                ('reverses_id', models.BigIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('by_id', models.BigIntegerField(null=True)),
                ('occurred_at', models.DateTimeField()),
                ('posted_at', models.DateTimeField()),
                ('book', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.book')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='members.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('idem',), name='entry_once_per_cause'), models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='entry_moves_something'), models.CheckConstraint(condition=models.Q(('balance_after__gte', 0)), name='entry_never_negative')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('remaining', models.BigIntegerField()),
                ('valid_from', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('book', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.book')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='members.member')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('remaining__gt', 0)), fields=['member', 'book', 'expires_at', 'id'], name='lot_to_spend'), models.Index(condition=models.Q(('remaining__gt', 0)), fields=['expires_at'], name='lot_to_expire')],
                'constraints': [models.CheckConstraint(condition=models.Q(('remaining__gte', 0), ('remaining__lte', models.F('amount'))), name='lot_remaining_in_range')],
            },
        ),
        migrations.AddConstraint(
            model_name='program',
            constraint=models.CheckConstraint(condition=models.Q(('growth_per_yuan__gte', 0), ('points_per_yuan__gte', 0)), name='program_rates_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='coupontemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('is_live', True), ('is_welcome', True)), fields=('program',), name='one_welcome_coupon'),
        ),
        migrations.AddConstraint(
            model_name='coupontemplate',
            constraint=models.CheckConstraint(condition=models.Q(('value__gt', 0)), name='coupon_value_positive'),
        ),
        migrations.AddConstraint(
            model_name='book',
            constraint=models.UniqueConstraint(fields=('program', 'asset'), name='book_once'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.UniqueConstraint(fields=('program', 'rank'), name='tier_rank_once'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.UniqueConstraint(fields=('program', 'threshold'), name='tier_threshold_once'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gte', 0)), name='tier_threshold_not_negative'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['tier'], name='standing_tier'),
        ),
        migrations.AddIndex(
            model_name='tierchange',
            index=models.Index(fields=['member', '-at'], name='loyalty_tie_member__76bea8_idx'),
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION loyalty_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'ledger entries are append-only: post a reversal instead'
                    USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER loyalty_entry_append_only BEFORE UPDATE OR DELETE ON loyalty_entry
                FOR EACH ROW EXECUTE FUNCTION loyalty_entry_is_append_only();
            """,
            """
            DROP TRIGGER loyalty_entry_append_only ON loyalty_entry;
            DROP FUNCTION loyalty_entry_is_append_only();
            """,
        ),
    ]
