
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('stores', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', models.CharField(max_length=40, unique=True, verbose_name='SKU')),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('department', models.CharField(blank=True, db_index=True, max_length=60, verbose_name='department')),
                ('category', models.CharField(blank=True, max_length=80, verbose_name='category')),
                ('maker', models.CharField(blank=True, max_length=80, verbose_name='maker')),
                ('size', models.CharField(blank=True, max_length=40, verbose_name='pack size')),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True, verbose_name='name')),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('membership', 'Membership terms and privacy notice'), ('marketing', 'Offers and news')], max_length=16)),
                ('version', models.PositiveSmallIntegerField()),
                ('language', models.CharField(max_length=10)),
                ('title', models.CharField(max_length=120)),
                ('body', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purpose', 'version', 'language'), name='consent_text_once')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='member number')),
                ('name', models.CharField(blank=True, max_length=60, verbose_name='name')),
                ('gender', models.CharField(blank=True, choices=[('', 'Not given'), ('f', 'Female'), ('m', 'Male')], default='', max_length=1, verbose_name='gender')),
                ('birthday', models.DateField(blank=True, null=True, verbose_name='birthday')),
                ('language', models.CharField(default='zh-hans', max_length=10, verbose_name='language')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('joined_at', models.DateTimeField(verbose_name='joined')),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('associate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to=settings.AUTH_USER_MODEL, verbose_name='associate')),
                ('home_store', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='stores.store', verbose_name='home store')),
                ('joined_channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.channel', verbose_name='channel')),
                ('joined_code', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.storecode')),
            ],
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('pk', models.CompositePrimaryKey('kind', 'value', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField(choices=[(1, 'Phone'), (2, 'Card number'), (3, 'OpenID'), (4, 'UnionID'), (5, 'E-mail')])),
                ('value', models.CharField(db_collation='C', max_length=128)),
                ('is_verified', models.BooleanField(default=False)),
                ('added_at', models.DateTimeField()),
                ('channel', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.channel')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='members.member')),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('data', models.JSONField(default=dict)),
                ('channel', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.channel')),
                ('store', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
                ('member', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='members.member')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('membership', 'Membership terms and privacy notice'), ('marketing', 'Offers and news')], max_length=16)),
                ('is_given', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=20)),
                ('address', models.GenericIPAddressField(null=True)),
                ('evidence', models.CharField(blank=True, max_length=200)),
                ('store', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
                ('text', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.consenttext')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='members.member')),
            ],
        ),
        migrations.CreateModel(
            name='OneTimeCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=16)),
                ('phone_hash', models.CharField(max_length=64)),
                ('session_hash', models.CharField(max_length=64)),
                ('code_hash', models.CharField(max_length=64)),
                ('address', models.GenericIPAddressField(null=True)),
                ('store_code_id', models.BigIntegerField(null=True)),
                ('sent_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['phone_hash', '-sent_at'], name='members_one_phone_h_3328a0_idx'), models.Index(fields=['address', '-sent_at'], name='members_one_address_5c3e20_idx'), models.Index(fields=['-sent_at'], name='members_one_sent_at_58b40a_idx')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(db_collation='C', max_length=64, verbose_name='order number')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('refunded', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='refunded')),
                ('paid_at', models.DateTimeField(verbose_name='paid')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('digest', models.BinaryField(help_text='BLAKE2b of what was sent; a twin with another body is refused', max_length=16)),
                ('associate', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='associate')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='stores.channel', verbose_name='channel')),
                ('member', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='members.member', verbose_name='member')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='stores.store', verbose_name='store')),
            ],
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('pk', models.CompositePrimaryKey('order_id', 'line_no', blank=True, editable=False, primary_key=True, serialize=False)),
                ('line_no', models.SmallIntegerField()),
                ('sku', models.CharField(max_length=40, verbose_name='SKU')),
                ('name', models.CharField(blank=True, max_length=160, verbose_name='name')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12, verbose_name='quantity')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='members.order')),
                ('product', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='members.product', verbose_name='product')),
            ],
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(db_collation='C', max_length=64, verbose_name='refund number')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('refunded_at', models.DateTimeField(verbose_name='refunded')),
                ('received_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.channel')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='members.order')),
            ],
        ),
        migrations.CreateModel(
            name='StoreBinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bound_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(max_length=40)),
                ('associate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('code', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.storecode')),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='bindings', to='members.member')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
            ],
        ),
        migrations.CreateModel(
            name='MemberTag',
            fields=[
                ('pk', models.CompositePrimaryKey('member_id', 'tag_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('added_at', models.DateTimeField()),
                ('source', models.CharField(blank=True, max_length=60)),
                ('member', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='member_tags', to='members.member')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='member_tags', to='members.tag')),
            ],
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['-joined_at', '-id'], name='members_mem_joined__080029_idx'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['home_store', '-joined_at'], name='members_mem_home_st_eb973a_idx'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('associate__isnull', False)), fields=['associate'], name='member_associate'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['name'], name='members_mem_name_8eb2d0_idx'),
        ),
        migrations.AddIndex(
            model_name='identity',
            index=models.Index(fields=['member'], name='identity_member'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['member', '-at', '-id'], name='members_eve_member__448223_idx'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['kind', '-at'], name='members_eve_kind_f5c653_idx'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['member', 'purpose', '-at'], name='members_con_member__da5eea_idx'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['member', '-paid_at'], name='members_ord_member__ecf2d0_idx'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['store', '-paid_at'], name='members_ord_store_i_e0951b_idx'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['-paid_at', '-id'], name='members_ord_paid_at_79414f_idx'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('channel', 'number'), name='order_once_per_channel'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='order_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('amount'))), name='order_refund_within_amount'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['-refunded_at'], name='members_ref_refunde_abfeff_idx'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('channel', 'number'), name='refund_once_per_channel'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_amount_positive'),
        ),
        migrations.AddIndex(
            model_name='storebinding',
            index=models.Index(fields=['member', '-bound_at'], name='members_sto_member__e308b5_idx'),
        ),
        migrations.AddConstraint(
            model_name='storebinding',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('member',), name='one_open_binding_per_member'),
        ),
    ]
